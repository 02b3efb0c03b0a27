"""Evaluated runs with how likely they find the images that they were trained on, and histograms of all sets."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oodflow.data import DataSet, load, same_set
from oodflow.errors import OodflowError
from oodflow.evaluation.evaluate import Progress, open_flow, open_sets
from oodflow.evaluation.record import Evaluation
from oodflow.metrics import bits_per_dim
from oodflow.records import Record
from oodflow.report.evaluated_runs import EvaluatedRun, chosen
from oodflow.runs.pages import is_page
from oodflow.runs.provenance import DataFacts, describe
from oodflow.runs.run_dir import RunDir
from oodflow.statistics import LogProb, Observation, Store

PER_DECADE = 40
"""Steps of a histogram for each power of ten."""


class Likelihoods(DataFacts):
    r"""How likely a flow finds the images of a set.

    Attributes:
        log_prob: mean, in nats an image.
        median: of the same; where a flow pushes images down, a few take the mean with them.
        bits_per_dim: mean.
        above: share of the images above the threshold of negative training; none: there is no threshold.
        first: place of the first step of the histogram; step k counts the images with
            :math:`10^{k/40} \le -\log P < 10^{(k+1)/40}`, and the one at 0 those above too.
        counts: of each step from there.
    """

    log_prob: float
    median: float
    bits_per_dim: float
    above: float | None
    first: int
    counts: tuple[int, ...]

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where the steps of the histogram begin and end, in -nats."""
        return np.power(10.0, np.arange(self.first, self.first + len(self.counts) + 1) / PER_DECADE)


class LikelyRun(EvaluatedRun):
    """An evaluated run.

    Attributes:
        trained_on: as many images as were evaluated, of those that it was trained on.
        sets: those that were evaluated, in that order, the test set first.
    """

    trained_on: Likelihoods
    sets: tuple[Likelihoods, ...] = Field(min_length=1)

    @property
    def pushed(self) -> str | None:
        """The set whose likelihood was pushed down; none: the run was trained for likelihood alone."""
        return next(iter(self.run.config.objective.streams.values()), None)

    def pushes(self, name: str) -> bool:
        """Tell whether it is this set."""
        return self.pushed is not None and same_set(name, self.pushed)


class LikelyRuns(Record):
    """Runs beside each other."""

    version: ClassVar[int | None] = 1

    runs: tuple[LikelyRun, ...] = Field(min_length=1)


def likely_runs(
    paths: Sequence[Path],
    root: Path | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> LikelyRuns:
    """Collect evaluated runs, and measure what their evaluation did not: the images that they were trained on.

    What an evaluation has computed is found again in the run's folder.

    Args:
        paths: run directories, folders of evaluations, and pages: what stands on a page, its ``.json`` has whole.
        root: where data sets lie.
        progress: called with (data set, images done, images in all).
        say: called with a sentence about each run that has several evaluations, which of them counts.

    Raises:
        UsageError: when a path is no run.
        OodflowError: when a run has not been trained or evaluated, or is not what it was then.
    """
    found: list[LikelyRun] = []
    for path in paths:
        found += LikelyRuns.read(path).runs if is_page(path) else [_measured(*chosen(path, say=say), root, progress)]
    return LikelyRuns(runs=tuple(found))


def _measured(run: RunDir, evaluation: Evaluation, root: Path | None, progress: Progress | None) -> LikelyRun:
    record = run.record()
    if record is None or record.training is None:
        raise OodflowError(f"{run.path} has not been trained here: run `oodflow train --resume {run.path}` first.")
    flow, weights, _ = open_flow(run)
    sets = open_sets(run, flow, evaluation.options, root)
    now = (weights, *(images.fingerprint for images in sets))
    if now != (evaluation.weights, *(one.fingerprint for one in evaluation.sets)):
        raise OodflowError(
            f"{run.path} was trained on, or its data have changed, since it was evaluated: run `oodflow evaluate "
            f"{run.path}` again."
        )
    run.require_writable()
    store, options = Store(run.statistics_dir, weights), evaluation.options
    threshold = getattr(record.config.objective, "threshold", None)

    def likelihoods(images: DataSet) -> Likelihoods:
        seen = Observation(
            flow, images, seed=options.seed, draws=options.draws, batch_size=options.batch_size, store=store,
            progress=progress and (lambda done, total: progress(images.name, done, total)),
        )  # fmt: skip
        return _likelihoods(images, seen[LogProb()], flow.dims, threshold)

    seen_in_training = load(record.config.data, record.config.split, root=root).limit(len(sets[0]))
    return LikelyRun(
        run=record.model_copy(update={"evaluation": None}),
        evaluation=evaluation,
        trained_on=likelihoods(seen_in_training),
        sets=tuple(likelihoods(images) for images in sets),
    )


def _likelihoods(images: DataSet, log_prob: NDArray[np.float64], dims: int, threshold: float | None) -> Likelihoods:
    places = np.floor(PER_DECADE * np.log10(np.maximum(-log_prob, 1.0))).astype(np.int64)
    return Likelihoods(
        **describe(images).model_dump(),
        log_prob=float(log_prob.mean()),
        median=float(np.median(log_prob)),
        bits_per_dim=float(bits_per_dim(log_prob, dims).mean()),
        above=None if threshold is None else float(np.mean(log_prob > threshold)),
        first=int(places.min()),
        counts=tuple(np.bincount(places - places.min()).tolist()),
    )
