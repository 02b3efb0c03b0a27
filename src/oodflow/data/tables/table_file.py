"""What a file must tell of the table in it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from oodflow.data.selection import Selection
from oodflow.errors import OodflowError, UnknownName

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]
BLOCK = 1 << 18  # numbers that are held at a time


class Block(ABC):
    """Some rows that follow each other."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def labels(self, column: int) -> Labels:
        """Values of a column, whatever they are: numbers or texts ``[n]``."""

    @abstractmethod
    def numbers(self, columns: Sequence[int], rows: npt.NDArray[np.intp]) -> Numbers:
        """Numbers ``[len(rows), len(columns)]``; a missing one is NaN.

        Raises:
            NotANumber: something else stands in a column.
        """


class NotANumber(Exception):
    """A text that stands where a number should.

    Args:
        row: in the block.
        column: in the file.
        text: what stands there; empty: nothing.
    """

    def __init__(self, row: int, column: int, text: str) -> None:
        super().__init__(row, column, text)
        self.row, self.column, self.text = row, column, text


class TableFile(ABC):
    """A table on disk.

    Attributes:
        endings: of the names of such files, in lower case.
        options: of a selection, those that only such files have.
        apart: what labels are called that lie beside the table, unless told otherwise: they count as the column behind
            the last. Empty: they lie in a column like others.
        reading: how such files are read, where that has changed. It tells copies in the cache apart.
        path: of the file.
        names: of all columns; none if the file names none.
        width: how many columns there are.
    """

    endings: ClassVar[tuple[str, ...]]
    options: ClassVar[frozenset[str]] = frozenset()
    apart: ClassVar[str] = ""
    reading: ClassVar[str] = ""

    path: Path
    names: tuple[str, ...]
    width: int

    @classmethod
    @abstractmethod
    def open(cls, path: Path, selection: Selection) -> Self:
        """Open a file as a selection says that it is written.

        Raises:
            OodflowError: it is no such file.
        """

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Read all rows, some at a time.

        Raises:
            OodflowError: the file is damaged.
        """

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """Tell which type holds the numbers of columns as they are, float32 or float64."""
        del columns
        return np.dtype(np.float64)

    def place(self, row: int) -> str:
        """Say which row is meant; ``row`` counts from 0, people from 1."""
        return f"row {row + 1:,}"

    def column(self, name: str) -> int:
        """Find a column by its name, or by its number from 1 where columns have no names."""
        known = self.names or tuple(str(number + 1) for number in range(self.width))
        if name in known:
            return known.index(name)
        if not self.names:
            raise OodflowError(
                f"{self.path} names no columns: name them by their numbers, 1 to {self.width}, but {name!r} came."
            )
        raise UnknownName(f"column of {self.path.name}", name, known)

    def hint(self, row: int, text: str) -> str:
        """Say what may make a number of a text that is none; empty: nothing."""
        del row, text
        return ""

    def title(self, column: int) -> str:
        """Say which column is meant."""
        return f"column {self.names[column]!r}" if self.names else f"column {column + 1}"


def narrowest(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Choose the narrower of float32 and float64 that holds all numbers of a type.

    Example:
        >>> narrowest(np.int16), narrowest(np.int64)
        (dtype('float32'), dtype('float64'))
    """
    return np.dtype(np.float32 if np.can_cast(dtype, np.float32) else np.float64)


def require_names(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Check the names of columns: each is there once."""
    stripped = tuple(name.strip() for name in names)
    for number, name in enumerate(stripped):
        if not name:
            raise OodflowError(f"{path}: column {number + 1} has no name: give it one in the first line.")
        if name in stripped[:number]:
            raise OodflowError(f"{path}: two columns are called {name!r}: give one of them another name.")
    return stripped
