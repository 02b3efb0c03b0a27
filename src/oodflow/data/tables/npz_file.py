"""Tables in NumPy archives: features ``X`` and labels ``y``, as ADBench keeps them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from oodflow.data.formats.npz import Archive, npz_archive
from oodflow.data.formats.stored import Header
from oodflow.data.selection import Selection
from oodflow.data.tables.npy_file import ArrayBlock, require_table
from oodflow.data.tables.table_file import BLOCK, Block, Labels, TableFile, narrowest
from oodflow.errors import OodflowError, UnknownName

LABELS = "y"
MOST = 1 << 30  # bytes of what must be in memory as a whole: labels, and features that lie by column


class NpzFile(TableFile):
    """An ``.npz`` file with features ``[N, D]`` and, if asked for, labels ``[N]``; its columns have no names.

    Sizes are checked before anything is allocated, and features that lie by row are read a few megabytes at a time.

    Args:
        path: of the file.
        features: name of the array; empty: ``X``, or the only one there is.
        labels: name of the array of labels, which counts as the column behind the last; empty: they are not asked for.
    """

    endings: ClassVar[tuple[str, ...]] = (".npz",)
    options: ClassVar[frozenset[str]] = frozenset({"array"})
    apart = LABELS
    names = ()

    @classmethod
    def open(cls, path: Path, selection: Selection) -> Self:
        """Open an archive; labels are asked for where a selection names them, or what rows of which classes to keep."""
        return cls(path, selection.array, selection.label or (LABELS if selection.classes else ""))

    def __init__(self, path: Path, features: str = "", labels: str = "") -> None:
        self.path = path
        with npz_archive(path) as archive:
            there = archive.names
            self.features = archive.meant(features)
            self.header = archive.header(self.features)
            require_table(path, f"the array {self.features!r}", self.header.dtype, self.header.shape)
            self.rows, self.width = self.header.shape
            self.labels = self._labels(archive, self._found(labels, there)) if labels else None
            if self.header.by_column:
                self._require_size(self.features, self.header)

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """By the array's."""
        return narrowest(self.header.dtype)

    def blocks(self) -> Iterator[Block]:
        """Read rows."""
        step = max(1, BLOCK // self.width)
        with npz_archive(self.path) as archive, archive.opened(self.features) as (_, file):
            whole = self._whole(file, self.header) if self.header.by_column else None
            for start in range(0, self.rows, step):
                stop = min(start + step, self.rows)
                some = self._some(file, stop - start) if whole is None else whole[start:stop]
                yield ArrayBlock(some, None if self.labels is None else self.labels[start:stop])

    def _some(self, file: IO[bytes], rows: int) -> npt.NDArray[Any]:
        content = file.read(rows * self.width * self.header.dtype.itemsize)
        return np.frombuffer(content, self.header.dtype).reshape(rows, self.width)

    def _whole(self, file: IO[bytes], header: Header) -> npt.NDArray[Any]:
        content = file.read(header.size)
        return np.frombuffer(content, header.dtype).reshape(header.shape, order="F" if header.by_column else "C")

    def _labels(self, archive: Archive, name: str) -> Labels:
        header = archive.header(name)
        if header.dtype.kind not in "buifUS" or header.shape not in ((self.rows,), (self.rows, 1)):
            raise OodflowError(
                f"{self.path}: the array {name!r} is {header.dtype} {list(header.shape)} but labels should be numbers "
                f"or texts [{self.rows}], one for each row of {self.features!r}."
            )
        self._require_size(name, header)
        with archive.opened(name) as (_, file):
            return self._whole(file, header).reshape(-1)

    def _found(self, name: str, there: tuple[str, ...]) -> str:
        if name not in there:
            raise UnknownName(f"array of {self.path.name}", name, there)
        return name

    def _require_size(self, name: str, header: Header) -> None:
        if header.size > MOST:
            raise OodflowError(
                f"{self.path}: the array {name!r} has {header.size:,} bytes and lies so that it must be read as a "
                f"whole, which is done up to {MOST:,}: save it after numpy.ascontiguousarray, or as .npy."
            )
