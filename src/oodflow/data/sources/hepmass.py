"""HEPMASS: collisions in which a particle of mass 1000 comes about, or not.

The files, ``1000_train.csv`` and ``1000_test.csv`` of the UCI repository, plain or compressed, have a label in the
first column (1 is signal) and 27 features behind it; that of tests has a column too many, the last, which is left out.

"Features which have too many reoccurring values" are removed, says the paper, as by Papamakarios et al. (2017), and has
15 of them left. There are two readings of that, for what both codes compare with 5 is how often the *smallest* value of
a column occurs in the train part, not the one that occurs most often:

* ``hepmass``: in both classes together, as in the paper's code, whose flow takes 15 columns;
* ``hepmass_maf``: among signals alone, as Papamakarios et al. count, who have 21 columns left.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data.cache import origin_of
from oodflow.data.found import find
from oodflow.data.real_set import Reals
from oodflow.data.sources.labelled import LabelledTable
from oodflow.data.tables import CsvFile
from oodflow.data.tables.table_file import NotANumber, TableFile
from oodflow.errors import OodflowError

MOST = 5  # how often the smallest value of a column may occur


class Hepmass(LabelledTable):
    """Signal and background events; ``?class=signal`` or ``?class=background``, also 1 and 0.

    Args:
        name: what users type.
        counted: the classes whose values are counted to find which columns are removed.
        expected: how many columns the whole official train part has left.

    Reference:
        Baldi et al. (2016), arXiv:1601.07913; Papamakarios, Pavlakou, Murray (2017), arXiv:1705.07057, appendix D;
        Kirichenko, Izmailov, Wilson (2020), arXiv:2006.08545, appendix O.
    """

    licence = "CC BY 4.0"
    classes = MappingProxyType({"0": "background", "1": "signal"})
    parts = MappingProxyType({"train": None, "test": None})
    by_hand = (
        "get 1000_train.csv.gz and 1000_test.csv.gz of https://archive.ics.uci.edu/dataset/347/hepmass and put them "
        "into the folder hepmass"
    )

    def __init__(self, name: str, counted: tuple[int, ...], expected: int) -> None:
        self.name, self.counted, self.expected = name, counted, expected
        of = "both classes" if len(counted) > 1 else "signals"
        self.description = (
            f"collisions with a new particle or not, {expected} columns by what recurs in {of} (Baldi et al. 2016)"
        )

    def places(self, part: str) -> tuple[str, ...]:
        """Of the part's file, compressed or not."""
        return _places(part)

    def files(self, part: str, root: Path) -> list[Path]:
        """The file of the part; the train part tells which columns there are."""
        found = [find(root, _places(name)) for name in ("train", part)]
        return [path for path in dict.fromkeys(found) if path] if all(found) else []

    def names(self, root: Path) -> tuple[str, ...]:
        """Of the columns that are left."""
        path = self._train(root)
        names = CsvFile(path).names
        return tuple(names[column] if names else str(column) for column in self._left(path))

    def width(self, root: Path) -> int:
        """As many as are left, or would be of the whole official part if it is not there."""
        there = self.files("train", root) or self.wanted.columns
        return super().width(root) if there else self.expected - len(self.wanted.without)

    def rows(self, part: str, root: Path) -> Iterator[tuple[Reals, npt.NDArray[Any]]]:
        """Read what is left."""
        path = self.files(part, root)[-1]
        for labels, features in _read(path, CsvFile(self._train(root)).width):
            yield features[:, np.array(self._left(self._train(root))) - 1], np.where(labels, "signal", "background")

    def note(self, part: str, root: Path) -> str:
        """Say how many columns are left."""
        left, width = len(self._left(self._train(root))), CsvFile(self._train(root)).width - 1
        return (
            "" if left == self.expected else f"{left} of {width} columns are left, where all rows leave {self.expected}"
        )

    def _left(self, path: Path) -> tuple[int, ...]:
        """Number the columns of the file that are not removed."""
        ((_, size, time),) = origin_of([path], path.parent)
        return _columns_left(path, self.counted, int(size), int(time))

    def _train(self, root: Path) -> Path:
        return self.files("train", root)[0]


def _places(part: str) -> tuple[str, ...]:
    return tuple(f"{folder}1000_{part}.csv{ending}" for ending in (".gz", "") for folder in ("hepmass/", ""))


@lru_cache(maxsize=8)
def _columns_left(path: Path, counted: tuple[int, ...], size: int, time: int) -> tuple[int, ...]:
    """Find the columns whose smallest value occurs at most :data:`MOST` times; ``size`` and ``time`` are the file's."""
    del size, time  # another file has others
    width = CsvFile(path).width
    smallest, occurs = np.full(width - 1, np.inf), np.zeros(width - 1, np.int64)
    for labels, features in _read(path, width):
        some = features[np.isin(labels, counted)]
        if len(some):
            least = np.minimum(smallest, some.min(0))
            occurs = np.where(least < smallest, 0, occurs) + (some == least).sum(0)
            smallest = least
    left = tuple(int(column) + 1 for column in np.flatnonzero(occurs <= MOST))
    if not left:
        raise OodflowError(f"{path}: no column is left: the smallest value of each occurs more than {MOST} times.")
    return left


def _read(path: Path, width: int) -> Iterator[tuple[npt.NDArray[np.int64], Reals]]:
    """Read labels and features; of a file with a column more than ``width`` the last is left out."""
    file, start = CsvFile(path), 0
    if file.width not in (width, width + 1) or width < 2:
        raise OodflowError(f"{path}: there are {file.width} columns and not {width}, or one more: get the file again.")
    for block in file.blocks():
        try:
            values = block.numbers(range(width), np.arange(len(block)))
        except NotANumber as error:
            raise _damaged(file, start + error.row, error.column, repr(error.text)) from error
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            raise _damaged(file, start + int(bad[0][0]), int(bad[0][1]), "missing or infinite")
        yield values[:, 0].astype(np.int64), values[:, 1:]
        start += len(block)


def _damaged(file: TableFile, row: int, column: int, what: str) -> OodflowError:
    return OodflowError(f"{file.path}: {file.place(row)}, {file.title(column)}, is {what}: get the file again.")


HEPMASS = Hepmass("hepmass", counted=(0, 1), expected=15)
HEPMASS_MAF = Hepmass("hepmass_maf", counted=(1,), expected=21)
