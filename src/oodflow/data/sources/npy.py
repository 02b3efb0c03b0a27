"""A user's own images in a NumPy file."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data.fit import fit
from oodflow.data.image_set import Images, Shape, in_chunks
from oodflow.data.mapped import map_npy, release
from oodflow.data.own_path import require_file
from oodflow.data.pixel_range import BYTES, PixelRange, known_range, masks
from oodflow.data.source import ImageSource
from oodflow.errors import OodflowError

Numbers = npt.NDArray[Any]


class Npy(ImageSource):
    """An array ``[N,C,H,W]``, ``[N,H,W]`` or ``[N,H,W,C]`` with 1 or 3 channels, memory-mapped.

    Bytes are used as they are. Other numbers are brought to bytes by what is black and what is white: that is known
    if all are whole and in 0 to 255, real and in [0, 1], or words of 16 bits of which some need more than 12.

    Args:
        path: of the file.
        limits: black and white, for all other numbers; without: what is known.
    """

    description = "your own images"
    licence = "yours"
    own = True
    shape = None
    parts = MappingProxyType({"all": None})

    def __init__(self, path: Path, limits: PixelRange | None = None) -> None:
        require_file("npy", path)
        self.name = f"npy:{path}"
        self.path, self.limits = path, limits
        self.reading = "" if limits is None else f"range={limits}"

    def files(self, part: str, root: Path) -> list[Path]:
        """The file."""
        return [self.path]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Convert to bytes and to the wanted shape."""
        array = self._open()
        limits = self.limits or (BYTES if array.dtype == np.uint8 else self._known(array))
        for chunk in in_chunks(array):
            yield fit(limits.to_bytes(chunk, str(self.path)), shape)
            release(array)

    def doubts(self, part: str, root: Path) -> list[str]:
        """Bytes of 0 and 1 alone."""
        array = self._open()
        return masks(in_chunks(array)) if array.dtype == np.uint8 and self.limits is None else []

    def count(self, part: str, root: Path) -> int:
        """Read the number of images from the header."""
        return len(self._open())

    def in_place(self, part: str, root: Path, shape: Shape | None) -> Images | None:
        """The file itself if it holds bytes of the wanted shape."""
        array = self._open()
        as_it_is = array.dtype == np.uint8 and self.limits is None
        return array if as_it_is and (shape is None or array.shape[1:] == shape) else None

    def _open(self) -> Numbers:
        """Memory-map the file as ``[N,C,H,W]``."""
        array = map_npy(self.path)
        if not isinstance(array, np.ndarray):
            raise OodflowError(f"{self.path}: this is an .npz file: save its array alone with numpy.save.")
        if array.dtype.kind not in "buif":
            raise OodflowError(f"{self.path}: holds {array.dtype}, which are no pixel values: save it as uint8.")
        if not array.size:
            raise OodflowError(f"{self.path}: the array is empty: its shape is {list(array.shape)}.")
        if array.ndim < 2:
            raise OodflowError(
                f"{self.path}: shape {list(array.shape)} should be [N,D] for rows of a table, or [N,C,H,W] for images: "
                "reshape it."
            )
        return channels_first(np.asarray(array), str(self.path))

    def _known(self, array: Numbers) -> PixelRange:
        """Find black and white, after looking at all values."""
        low, high, whole, bad = np.inf, -np.inf, True, 0
        first = ""
        for number, chunk in enumerate(in_chunks(array)):
            finite = np.isfinite(chunk)
            if not finite.all():
                bad += int((~finite).sum())
                first = first or self._position(array, number, np.argwhere(~finite)[0])
                continue
            low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
            whole = whole and bool((chunk == np.rint(chunk)).all())
        if bad:
            raise OodflowError(f"{self.path}: {bad:,} values are NaN or infinite, the first at {first}: remove them.")
        if (known := known_range(array.dtype, low, high, whole)) is not None:
            return known
        raise OodflowError(
            f"{self.path}: values go from {low:g} to {high:g}{'' if whole else ' and are not whole'}: pixel values "
            "should be whole numbers in 0 to 255, or real numbers in [0, 1]; of others say what is black and white: "
            f"npy:{self.path}?range=LOW,HIGH."
        )

    @staticmethod
    def _position(array: Numbers, number: int, at: npt.NDArray[np.intp]) -> str:
        start = number * len(next(in_chunks(array)))
        return f"[{', '.join(map(str, (at[0] + start, *at[1:])))}] (image, channel, row, column)"


def holds_table(path: Path) -> bool:
    """Tell whether a file is an array of two axes: these are rows of numbers, and no images."""
    try:
        array = map_npy(path)
        return isinstance(array, np.ndarray) and array.ndim == 2
    except OodflowError:
        return False  # whatever is wrong with it, reading it will say


def channels_first(array: Numbers, name: str) -> Numbers:
    """Bring images that lie in one of three ways to ``[N,C,H,W]``, without copying.

    Example:
        >>> channels_first(np.zeros((5, 8, 9)), "x").shape, channels_first(np.zeros((5, 8, 9, 3)), "x").shape
        ((5, 1, 8, 9), (5, 3, 8, 9))
    """
    if array.ndim == 3:
        if array.shape[-1] in (1, 3, 4):
            raise OodflowError(
                f"{name}: shape {list(array.shape)} could be one picture [H,W,C] or {len(array)} grey ones [N,H,W]: "
                "add the axis that is missing, array[None] or array[:, None]."
            )
        return array[:, None]
    first, last = (array.ndim == 4 and array.shape[axis] in (1, 3) for axis in (1, 3))
    if first and not last:
        return array
    if last and not first:
        return array.transpose(0, 3, 1, 2)
    why = "it could be either" if first else "it is none of these"
    raise OodflowError(
        f"{name}: shape {list(array.shape)} should be [N,C,H,W], [N,H,W] or [N,H,W,C] with 1 or 3 channels, "
        f"but {why}: save it as uint8 [N,C,H,W]{' with larger images' if first else ''}."
    )
