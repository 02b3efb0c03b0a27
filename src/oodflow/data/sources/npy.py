"""A user's own images in a NumPy file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from oodflow.data.formats.stored import Header
from oodflow.data.image_set import Images, Shape, in_chunks
from oodflow.data.mapped import map_npy, release
from oodflow.data.sources.arrays import ArrayImages
from oodflow.data.sources.layout import layout_of
from oodflow.errors import OodflowError

Numbers = npt.NDArray[Any]


class Npy(ArrayImages):
    """The array of a ``.npy`` file, memory-mapped."""

    kind: ClassVar[str] = "npy"
    endings: ClassVar[tuple[str, ...]] = (".npy",)

    def header(self) -> Header:
        """Map the file, however it lies."""
        array = self._open()
        if array.ndim < 2:
            raise OodflowError(
                f"{self.path}: shape {list(array.shape)} should be [N,D] for rows of a table, or [N,C,H,W] for images: "
                "reshape it."
            )
        return Header(array.shape, False, array.dtype)

    def slabs(self, size: int) -> Iterator[Numbers]:
        """The whole array, none of which is in memory."""
        yield self._open()

    def images(self) -> Iterator[Numbers]:
        """Walk over the file, and let go of what was read."""
        array = self._open()
        for chunk in in_chunks(self.layout.images(array)):
            yield chunk
            release(array)

    def in_place(self, part: str, root: Path, shape: Shape | None) -> Images | None:
        """The file itself if it holds bytes of the wanted shape."""
        layout, array = self.layout, self._open()
        images = layout.images(array)
        as_it_is = array.dtype == np.uint8 and self.limits is None
        return images if as_it_is and (shape is None or images.shape[1:] == shape) else None

    def _open(self) -> Numbers:
        array = map_npy(self.path)
        if not isinstance(array, np.ndarray):
            if not any(name.endswith(".npy") for name in array.zip.namelist()):
                raise OodflowError(f"{self.path}: this is a zip file with no array of NumPy in it: use numpy.save.")
            raise OodflowError(f"{self.path}: this is an .npz file: write npz:{self.path}.")
        return np.asarray(array)


def channels_first(array: Numbers, name: str) -> Numbers:
    """Bring images in memory that lie in one of three ways to ``[N,C,H,W]``, without copying.

    Example:
        >>> channels_first(np.zeros((5, 8, 9)), "x").shape, channels_first(np.zeros((5, 8, 9, 3)), "x").shape
        ((5, 1, 8, 9), (5, 3, 8, 9))
    """
    remedy = "bring it to [N,C,H,W], with array[None] or array[:, None] where an axis is missing"
    return layout_of(array.shape, name, remedy).images(array)
