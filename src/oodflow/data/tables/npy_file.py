"""Tables as NumPy arrays ``[N, D]``, memory-mapped."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from oodflow.data.mapped import map_npy, release
from oodflow.data.selection import Selection
from oodflow.data.tables.table_file import BLOCK, Block, Labels, Numbers, TableFile, narrowest
from oodflow.errors import OodflowError


class NpyFile(TableFile):
    """A ``.npy`` file of numbers ``[N, D]``; its columns have no names."""

    endings: ClassVar[tuple[str, ...]] = (".npy",)
    names = ()

    @classmethod
    def open(cls, path: Path, selection: Selection) -> Self:
        """Open a file: it says by itself how it is written."""
        return cls(path)

    def __init__(self, path: Path) -> None:
        self.path = path
        array = map_npy(path)
        if not isinstance(array, np.ndarray):
            raise OodflowError(f"{path}: this is an .npz file: write npz:{path}.")
        require_table(path, "the array", array.dtype, array.shape)
        self.array = array
        self.width = array.shape[1]

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """By the array's."""
        return narrowest(self.array.dtype)

    def blocks(self) -> Iterator[Block]:
        """Walk over the file."""
        step = max(1, BLOCK // self.width)
        for start in range(0, len(self.array), step):
            yield ArrayBlock(self.array[start : start + step])
            release(self.array)


class ArrayBlock(Block):
    """Some rows of an array ``[n, D]``, with their labels if these are kept apart."""

    def __init__(self, array: npt.NDArray[Any], labels: Labels | None = None) -> None:
        self.array, self.apart = array, labels

    def __len__(self) -> int:
        return len(self.array)

    def labels(self, column: int) -> Labels:
        """A column, or the labels that are kept apart, which count as the column behind the last."""
        return self.array[:, column] if self.apart is None or column < self.array.shape[1] else self.apart

    def numbers(self, columns: Sequence[int], rows: npt.NDArray[np.intp]) -> Numbers:
        """Convert."""
        return self.array[rows][:, list(columns)].astype(np.float64)


def require_table(path: Path, what: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Refuse an array that is no table of numbers."""
    if dtype.kind not in "buif":
        raise OodflowError(f"{path}: {what} holds {dtype}, which are no numbers: save it as float32.")
    if len(shape) != 2:
        raise OodflowError(
            f"{path}: {what} has the shape {list(shape)} but a table is [N, D]: reshape it; images are kept as .npy."
        )
    if not shape[0] or not shape[1]:
        raise OodflowError(f"{path}: {what} is empty: its shape is {list(shape)}.")
