"""A user's own images in an array of a NumPy archive."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy.typing as npt

from oodflow.data.formats.npz import npz_archive
from oodflow.data.formats.stored import Header, slabs
from oodflow.data.sources.arrays import ArrayImages


class Npz(ArrayImages):
    """An array of an ``.npz`` file; labels beside it are left alone."""

    kind: ClassVar[str] = "npz"
    endings: ClassVar[tuple[str, ...]] = (".npz",)
    options = frozenset({"array"})

    def header(self) -> Header:
        """Of the array."""
        with npz_archive(self.path) as archive:
            return archive.header(archive.meant(self.array))

    def slabs(self, size: int) -> Iterator[npt.NDArray[Any]]:
        """Read it."""
        with npz_archive(self.path) as archive, archive.opened(archive.meant(self.array)) as (header, file):
            yield from slabs(header, file, size)
