"""What a calibrated score says of data that come in."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oodflow import ranks
from oodflow.deployment.calibration import Calibrated
from oodflow.deployment.datum import Datum, batched
from oodflow.deployment.reader import STDIN, Reader
from oodflow.deployment.standard_input import Lines
from oodflow.errors import OodflowError, UsageError
from oodflow.files import path_of
from oodflow.metrics import conformal_threshold
from oodflow.statistics import Observation


class Finding(NamedTuple):
    """What is found of a datum.

    Attributes:
        file: where it comes from.
        row: its number in the file, from 0; none of a picture, or a file as a whole.
        score: higher is more out of distribution; none where there was an error.
        p_value: the share of held-out in-distribution data with a score at least as high, the datum among them.
        verdict: ``ood`` where the score lies above the threshold of the rate of false alarms, else ``normal``.
        error: why there is none.
    """

    file: str
    row: int | None
    score: float | None
    p_value: float | None
    verdict: Literal["normal", "ood", "error"]
    error: str = ""


class Detector:
    """Judges data by a calibrated score; each by itself, so that batches make no difference beyond rounding.

    Args:
        calibrated: flow and score.
        reader: that the data come from.
        fpr: the share of false alarms that is allowed.
        batch_size: how many go through the flow at once; none: the reader's.

    Raises:
        UsageError: there are too few held-out scores for the rate.
    """

    def __init__(self, calibrated: Calibrated, reader: Reader, *, fpr: float, batch_size: int | None = None) -> None:
        self.calibrated, self.reader, self.batch_size = calibrated, reader, batch_size or reader.batch_size
        self.threshold = conformal_threshold(calibrated.held_out, fpr)
        self._ordered = sorted(calibrated.held_out.tolist())

    def judge(self, stream: Iterable[Datum | None]) -> Iterator[list[Finding]]:
        """Judge data as they come, in their order, as many together as are there for now."""
        for batch in batched(stream, self.batch_size):
            yield self._judge(batch)

    def judge_files(self, files: Sequence[str], lines: Lines, *, names: bool) -> Iterator[list[Finding]]:
        """Judge what is in files, in their order; arguments as :meth:`~oodflow.deployment.reader.Reader.read_all`.

        Processes that have been joined (:mod:`oodflow.ranks`) share the files, and the first one gets all findings.

        Raises:
            UsageError: several processes are to share standard input.
        """
        if ranks.count() == 1:
            yield from self.judge(self.reader.read_all(files, lines, names=names))
            return
        if STDIN in files:
            raise UsageError(f"{ranks.count()} processes can't share standard input: name files, or use one process.")
        # The first one lists them: another may find others, where files come in.
        parcels = ranks.from_first(lambda: [*self._parcels(one for file in files for one in self._files(file))])
        for start in range(0, len(parcels), ranks.count()):
            own = start + ranks.rank()
            mine = parcels[own] if own < len(parcels) else []
            with ranks.everywhere():
                found = list(self.judge(self.reader.read_all(mine, lines, names=names)))
            everything = ranks.from_all(found)
            if ranks.is_first():
                for theirs in everything:
                    yield from theirs

    def _files(self, file: str) -> list[Path]:
        """List the files in what is named, or that itself where nothing can be listed: to read it tells why."""
        path = path_of(file)
        try:
            return [*self.reader.files(path)] or [path]
        except OSError:
            return [path]

    def _parcels(self, files: Iterable[Path]) -> Iterator[list[str]]:
        """Put together what one process judges at a time: a batch of files with a datum each, or one with many."""
        parcel: list[str] = []
        for file in files:
            single = self.reader.holds_one(file)
            if parcel and (not single or len(parcel) == self.batch_size):
                yield parcel
                parcel = []
            if single:
                parcel.append(str(file))
            else:
                yield [str(file)]
        if parcel:
            yield parcel

    def _judge(self, batch: Sequence[Datum]) -> list[Finding]:
        read = [datum.values for datum in batch if datum.values is not None]
        scores = iter(self._scores(np.stack(read)) if read else [])
        return [self._finding(datum, datum.error if datum.values is None else next(scores)) for datum in batch]

    def _finding(self, datum: Datum, score: float | str) -> Finding:
        if isinstance(score, str):
            return Finding(datum.file, datum.row, None, None, "error", score)
        at_least = len(self._ordered) - bisect_left(
            self._ordered, score
        )  # as conformal_p_values, which sorts each time
        p_value = (1 + at_least) / (1 + len(self._ordered))
        return Finding(datum.file, datum.row, score, p_value, "ood" if score > self.threshold else "normal")

    def _scores(self, values: NDArray[Any]) -> list[float | str]:
        """Score data, or say why one can't be: which one that is, is found by halves."""
        one, score = self.calibrated, self.calibrated.score
        data = self.reader.holds.from_array(values, "this batch")
        try:
            seen = Observation(one.flow, data, seed=one.record.seed, batch_size=self.batch_size)
            return [float(value) for value in score.score(seen)]
        except OodflowError as error:
            if len(values) == 1:
                return [f"it can't be scored: {str(error).rstrip('.')}"]
            half = len(values) // 2
            return self._scores(values[:half]) + self._scores(values[half:])
