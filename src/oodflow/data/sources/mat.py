"""A user's own images in an array of a MATLAB file."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy.typing as npt

from oodflow.data.formats.matlab import mat_array, mat_shapes
from oodflow.data.formats.meant import meant
from oodflow.data.formats.stored import Header
from oodflow.data.sources.arrays import ArrayImages
from oodflow.errors import OodflowError


class Mat(ArrayImages):
    """An array of a ``.mat`` file of version 5; its images may be along its last axis, as MATLAB's users keep them."""

    kind: ClassVar[str] = "mat"
    endings: ClassVar[tuple[str, ...]] = (".mat",)
    options = frozenset({"array"})

    def header(self) -> Header:
        """Of the array."""
        with mat_array(self.path, self._name()) as array:
            header = array.header
        if len(header.shape) < 3 and not self.axes:
            raise OodflowError(
                f"{self.path}: shape {list(header.shape)} is a matrix, and mat:PATH is of images [H,W,C,N] or "
                "[N,H,W,C]: reshape it, say ?axes=HW of a single picture, or save a table as .npz."
            )
        return header

    def slabs(self, size: int) -> Iterator[npt.NDArray[Any]]:
        """Read it."""
        with mat_array(self.path, self._name()) as array:
            yield from array.chunks(size)

    def _name(self) -> str:
        return meant(self.path, self.array, mat_shapes(self.path))
