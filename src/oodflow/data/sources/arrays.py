"""A user's own images in an array of a file of any kind: how they lie, and which numbers are black and white."""

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from oodflow.data.fit import fit
from oodflow.data.formats.stored import Header
from oodflow.data.image_set import CHUNK_BYTES, LARGEST, Images, Shape, in_chunks
from oodflow.data.own_path import require_file
from oodflow.data.pixel_range import BYTES, PixelRange, known_range, masks
from oodflow.data.source import ImageSource
from oodflow.data.sources.layout import Layout, layout_of, layout_said
from oodflow.errors import OodflowError

Numbers = npt.NDArray[Any]
REMEDY = "say which with ?axes=, such as ?axes=NHWC, a letter for each axis"
MOST = 1 << 30  # bytes of what must be in memory as a whole, for images don't lie one after the other


class ArrayImages(ImageSource):
    """Images in an array, mostly ``[N,C,H,W]``, ``[N,H,W,C]`` or ``[N,H,W]``.

    Bytes are used as they are. Other numbers are brought to bytes by what is black and what is white: that is known
    if all are whole and in 0 to 255, real and in [0, 1], or words of 16 bits of which some need more than 12.

    Args:
        path: of the file.
        limits: black and white, for all other numbers; without: what is known.
        axes: what each axis is, a letter of N, C, H and W each; empty: told by their lengths.
        array: name of the array, where a file holds several; empty: the one that can be meant.

    Attributes:
        kind: what stands before the path.
        endings: of the names of such files, in lower case.
    """

    kind: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    description = "your own images"
    licence = "yours"
    own = True
    shape = None
    parts = MappingProxyType({"all": None})

    def __init__(self, path: Path, limits: PixelRange | None = None, axes: str = "", array: str = "") -> None:
        require_file(self.kind, path)
        self.name = f"{self.kind}:{path}"
        self.path, self.limits, self.axes, self.array = path, limits, axes, array
        said = {"range": limits, "axes": axes, "array": array}
        self.reading = "&".join(f"{option}={value}" for option, value in said.items() if value)

    @abstractmethod
    def header(self) -> Header:
        """What the array says of itself.

        Raises:
            OodflowError: the file is damaged, or holds none that can be meant.
        """

    @abstractmethod
    def slabs(self, size: int) -> Iterator[Numbers]:
        """Walk over the array along its outermost axis, about ``size`` bytes at a time; errors as :meth:`header`."""

    def files(self, part: str, root: Path) -> list[Path]:
        """The file."""
        return [self.path]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Convert to bytes and to the wanted shape."""
        limits = self.limits or (BYTES if self._header.dtype == np.uint8 else self._known())
        for chunk in self.images():
            yield fit(limits.to_bytes(chunk, str(self.path)), shape)

    def count(self, part: str, root: Path) -> int:
        """Read the number of images from the header."""
        axes, shape = self.layout.axes, self._header.shape
        return shape[axes.index("N")] if "N" in axes else 1

    def note(self, part: str, root: Path) -> str:
        """Say how the axes were understood, where others would understand them otherwise."""
        return self.layout.guessed

    def doubts(self, part: str, root: Path) -> list[str]:
        """Whole numbers of 0 and 1 alone."""
        return masks(self.images()) if self._header.dtype.kind in "iu" and self.limits is None else []

    def images(self) -> Iterator[Numbers]:
        """Walk over the images ``[n,C,H,W]``, the numbers as they are."""
        axes, header = self.layout.axes, self._header
        outermost = axes[-1] if header.by_column else axes[0]
        if outermost != "N" and header.size > MOST:
            raise OodflowError(
                f"{self.path}: {header.size:,} bytes of images that do not lie one after the other, which are read up "
                f"to {MOST:,}: save them as .npy [N,C,H,W]."
            )
        for slab in self.slabs(CHUNK_BYTES if outermost == "N" else max(1, header.size)):
            yield from in_chunks(self.layout.images(slab))

    @cached_property
    def layout(self) -> Layout:
        """What the axes are."""
        header, name = self._header, str(self.path)
        if header.dtype.kind not in "buif":
            raise OodflowError(f"{name}: holds {header.dtype}, which are no pixel values: save it as uint8.")
        if not header.size:
            raise OodflowError(f"{name}: the array is empty: its shape is {list(header.shape)}.")
        if self.axes:
            layout = layout_said(self.axes, header.shape, name)
        else:
            layout = layout_of(header.shape, name, REMEDY, by_column=header.by_column and self.kind == "mat")
        one = prod(side for side, letter in zip(header.shape, layout.axes, strict=True) if letter != "N")
        if one > LARGEST:
            raise OodflowError(f"{name}: an image of {one:,} numbers: at most {LARGEST:,} are read.")
        return layout

    @cached_property
    def _header(self) -> Header:
        return self.header()

    def _known(self) -> PixelRange:
        """Find black and white, after looking at all values."""
        low, high, whole, bad = np.inf, -np.inf, True, 0
        first, start = "", 0
        for chunk in self.images():
            finite = np.isfinite(chunk)
            if finite.all():
                low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
                whole = whole and bool((chunk == np.rint(chunk)).all())
            else:
                bad += int((~finite).sum())
                image, *at = np.argwhere(~finite)[0]
                first = first or f"[{', '.join(map(str, (start + image, *at)))}] (image, channel, row, column)"
            start += len(chunk)
        if bad:
            raise OodflowError(f"{self.path}: {bad:,} values are NaN or infinite, the first at {first}: remove them.")
        if (known := known_range(self._header.dtype, low, high, whole)) is not None:
            return known
        raise OodflowError(
            f"{self.path}: values go from {low:.9g} to {high:.9g}{'' if whole else ' and are not whole'}: pixel values "
            "should be whole numbers in 0 to 255, or real numbers in [0, 1]; of others say what is black and white: "
            f"{self.name}?range=LOW,HIGH."
        )
