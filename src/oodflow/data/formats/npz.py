"""Arrays in NumPy archives, of which nothing is believed before it was checked, and that are read a piece at a time."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from oodflow.data.formats.meant import meant
from oodflow.data.formats.stored import Header, require_plausible
from oodflow.errors import OodflowError


class Archive:
    """An open ``.npz`` file.

    Attributes:
        names: of its arrays.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self.names = tuple(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy"))

    def meant(self, name: str) -> str:
        """Choose an array; see :func:`~oodflow.data.formats.meant.meant`."""
        shapes = {}
        for one in self.names:
            with self._archive.open(f"{one}.npy") as file:
                shapes[one] = _read_header(file).shape
        return meant(self._path, name, shapes)

    def header(self, name: str) -> Header:
        """Read what an array says of itself, and see that the archive says that it has as many bytes."""
        with self.opened(name) as (header, _):
            return header

    @contextmanager
    def opened(self, name: str) -> Iterator[tuple[Header, IO[bytes]]]:
        """Open an array: what it says of itself, and its bytes, of which none has been read."""
        with self._archive.open(f"{name}.npy") as file:
            header = _read_header(file)
            there = self._archive.getinfo(f"{name}.npy").file_size - file.tell()
            if header.dtype.hasobject:
                raise OodflowError(f"{self._path}: the array {name!r} holds objects, which are not read: save numbers.")
            if header.size != there:
                raise OodflowError(
                    f"{self._path}: the array {name!r} says that it has {header.size:,} bytes but {there:,} are there: "
                    "get the file again."
                )
            require_plausible(self._path, header.size)
            yield header, file


@contextmanager
def npz_archive(path: Path) -> Iterator[Archive]:
    """Open an archive.

    Raises:
        OodflowError: it is none, or damaged; also when something is read of it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield Archive(path, archive)
    except OodflowError:
        raise
    except Exception as error:  # of the archive, or a header that is read as Python
        raise OodflowError(f"{path}: not a whole .npz file of numbers ({error}).") from error


def _read_header(file: IO[bytes]) -> Header:
    major, _ = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    return Header(*read(file))
