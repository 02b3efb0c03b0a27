"""MiniBooNE: signal (electron neutrinos) and background (muon neutrinos) of a particle detector.

The file, ``MiniBooNE_PID.txt`` of the UCI repository, has the numbers of signal and background events in its first
line, then an event a line, the signals first, of 50 numbers between blanks.

What the paper's code makes of it, and this: of both classes as many as there are of the smaller one are kept, the first
in the file; of each, a tenth that is drawn at random (scikit-learn's ``train_test_split``, random state 0) is the test
part. All 50 columns stay, with -999 where an event has no value; Papamakarios et al. (2017) have 43, without columns in
which a value recurs, and without outliers.
"""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data.found import find
from oodflow.data.real_set import Reals
from oodflow.data.sources.labelled import LabelledTable
from oodflow.errors import OodflowError

FILE = "MiniBooNE_PID.txt"
COLUMNS = 50
SMALLER = 36_499  # signals; there are 93,565 background events


class MiniBooNE(LabelledTable):
    """As many events of either class, 50 numbers each; ``?class=signal`` or ``?class=background``, also 1 and 0.

    Reference:
        Roe et al. (2005), arXiv:physics/0408124; Papamakarios, Pavlakou, Murray (2017), arXiv:1705.07057, appendix D;
        Kirichenko, Izmailov, Wilson (2020), arXiv:2006.08545, appendix O.
    """

    name = "miniboone"
    description = "events of a particle detector, signal or background (Roe et al. 2005)"
    licence = "CC BY 4.0"
    classes = MappingProxyType({"0": "background", "1": "signal"})
    parts = MappingProxyType({"train": 65_698, "test": 7_300})
    by_hand = (
        f"get {FILE} of https://archive.ics.uci.edu/dataset/199/miniboone+particle+identification and put it into the "
        "folder miniboone"
    )

    def places(self, part: str) -> tuple[str, ...]:
        """Of the one file."""
        return f"miniboone/{FILE}", FILE

    def files(self, part: str, root: Path) -> list[Path]:
        """The one file."""
        path = find(root, self.places(part))
        return [] if path is None else [path]

    def names(self, root: Path) -> tuple[str, ...]:
        """Numbers, for the file has no names."""
        return tuple(str(number + 1) for number in range(COLUMNS))

    def rows(self, part: str, root: Path) -> Iterator[tuple[Reals, npt.NDArray[Any]]]:
        """Read the file, and deal either class."""
        (path,) = self.files(part, root)
        signals, background = _counts(path)
        table = _table(path, signals + background)
        for name, events in (("signal", table[:signals]), ("background", table[signals:])):
            at = _dealt(min(signals, background))[part]
            yield events[at], np.full(len(at), name)

    def count(self, part: str, root: Path) -> int:
        """Read the numbers in the first line."""
        (path,) = self.files(part, root)
        return len(_dealt(min(_counts(path)))[part]) * len(self.kept)


def _dealt(n: int) -> dict[str, npt.NDArray[np.intp]]:
    """Deal the events of a class to the parts as the paper's code does, each in their order."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(np.arange(n), test_size=0.1, random_state=0)
    return {"train": np.sort(train), "test": np.sort(test)}


def _counts(path: Path) -> tuple[int, int]:
    """Read how many signals and background events there are."""
    with path.open("rb") as file:
        first = file.readline(100)
    try:
        signals, background = map(int, first.split())
    except ValueError as error:
        raise OodflowError(
            f"{path}: the first line should be two numbers, of signals and background events, but is {first[:40]!r}; "
            "get the file again."
        ) from error
    if min(signals, background) < 2:
        raise OodflowError(f"{path}: the first line promises {signals} signals and {background} background events.")
    return signals, background


def _table(path: Path, count: int) -> Reals:
    try:
        table: Reals = np.loadtxt(path, dtype=np.float64, skiprows=1, ndmin=2, max_rows=count + 1)
    except ValueError as error:
        raise OodflowError(f"{path}: not {COLUMNS} numbers a line ({error}): get the file again.") from error
    if table.shape != (count, COLUMNS):
        raise OodflowError(
            f"{path}: the first line promises {count:,} events of {COLUMNS} numbers, but there are {len(table):,} of "
            f"{table.shape[1]}: get the file again."
        )
    return table
