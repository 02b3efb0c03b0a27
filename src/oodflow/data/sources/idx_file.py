"""A user's own images in an IDX file."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy.typing as npt

from oodflow.data.formats.idx import idx_array
from oodflow.data.formats.stored import Header, slabs
from oodflow.data.sources.arrays import ArrayImages
from oodflow.errors import OodflowError


class IdxFile(ArrayImages):
    """The array of an IDX file, plain or compressed."""

    kind: ClassVar[str] = "idx"
    endings: ClassVar[tuple[str, ...]] = ("-ubyte", "-ubyte.gz", ".idx", ".idx.gz")

    def header(self) -> Header:
        """Of the file."""
        with idx_array(self.path) as (header, _):
            if len(header.shape) < 3 and not self.axes:
                what = "labels, and no images" if len(header.shape) == 1 else "no images [N,H,W]"
                raise OodflowError(f"{self.path}: shape {list(header.shape)}: these are {what}: name another file.")
            return header

    def slabs(self, size: int) -> Iterator[npt.NDArray[Any]]:
        """Read it."""
        with idx_array(self.path) as (header, file):
            yield from slabs(header, file, size)
            if file.read(1):
                raise ValueError(f"bytes follow behind the {header.size:,} of its array")
