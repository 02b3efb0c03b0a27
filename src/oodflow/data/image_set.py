"""A split of a data set: 8-bit images, which of them belong to it, and a fingerprint of exactly these pixels."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from oodflow.data.data_set import DataSet
from oodflow.errors import UsageError

Images = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]
Shape = tuple[int, int, int]

Pixel = TypeVar("Pixel", bound=np.generic)

CHUNK_BYTES = 1 << 24  # what one step of a pass over the images holds in memory
LARGEST = 1 << 28  # numbers of an image, be they in a file or asked for


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """8-bit images of one split, usually memory-mapped.

    Args:
        name: the spec it was loaded by, for example ``"mnist"`` or ``"npy:/x.npy?shape=1x28x28"``.
        split: the split that was asked for.
        array: uint8 ``[M,C,H,W]``, the images of the part of the data set that the split is dealt from.
        rows: int64 ``[N]``, the rows of ``array`` that belong to this split.
        content: :func:`content_digest` of ``array``.
        note: what a reader of results must know, such as ``"partial: 10,000 of 50,000 images"``; empty otherwise.

    Example:
        >>> images = ImageSet.from_array(np.zeros((4, 1, 2, 2), np.uint8))
        >>> len(images), images.shape, images.batch([0, 3]).shape
        (4, (1, 2, 2), (2, 1, 2, 2))
        >>> len(images.limit(2)), images.limit(2).fingerprint == images.fingerprint
        (2, False)
    """

    name: str
    split: str
    array: Images
    rows: Rows
    content: str
    note: str = ""

    @classmethod
    def from_array(cls, images: Images, name: str = "array", split: str = "test") -> "ImageSet":
        """Take images that are already in memory, uint8 ``[N,C,H,W]``."""
        if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 4 or not images.size:
            came = f"{images.dtype} {list(images.shape)}" if isinstance(images, np.ndarray) else type(images).__name__
            raise UsageError(f"images must be a non-empty uint8 array [N,C,H,W], but {came} came.")
        content = content_digest(images.shape[1:], in_chunks(images))
        return cls(name, split, images, np.arange(len(images)), content)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def unit(self) -> str:
        """What there are many of, for messages."""
        return "images"

    @property
    def columns(self) -> tuple[str, ...]:
        """None: pixels have no names."""
        return ()

    @property
    def shape(self) -> Shape:
        """Shape ``(C, H, W)`` of one image."""
        _, channels, height, width = self.array.shape
        return channels, height, width

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of a SHA-256 over all pixels of the part, the shape and the rows."""
        rows = np.ascontiguousarray(self.rows, dtype="<i8")
        return hashlib.sha256(self.content.encode() + rows.tobytes()).hexdigest()[:16]

    def batch(self, indices: npt.ArrayLike | slice) -> Images:
        """Images number ``indices`` of this split: a contiguous uint8 ``[n,C,H,W]`` of their own memory."""
        at = indices if isinstance(indices, slice) else np.asarray(indices)
        return np.ascontiguousarray(self.array[self.rows[at]])

    def limit(self, n: int) -> "ImageSet":
        r"""Keep ``n`` images spread evenly over the ``N`` there are, or all if there are fewer.

        They are numbers :math:`\lfloor i N / n \rfloor` for :math:`i = 0, \dots, n - 1`: the first ``n`` would be of
        one class where a set is sorted by class.
        """
        if n < 1:
            raise UsageError(f"the limit of {self.name} must be at least 1 image, but {n} came.")
        kept = min(n, len(self))
        return self.take(np.arange(kept) * len(self) // kept)

    def take(self, rows: npt.NDArray[np.intp]) -> "ImageSet":
        """Keep the images with these numbers, in this order."""
        return replace(self, rows=self.rows[places(rows, self.name)])

    def __repr__(self) -> str:
        """Say what it holds, and not each number."""
        return described(self)


def places(rows: npt.ArrayLike, name: str) -> npt.NDArray[np.intp]:
    """Read the numbers of the images or rows to keep.

    Raises:
        UsageError: for anything but a list or an array of whole numbers.

    Example:
        >>> places(100, "mnist")
        Traceback (most recent call last):
            ...
        oodflow.errors.UsageError: take(100) of mnist: expected the numbers of those to keep, such as [0, 2, 5]; \
limit(n) keeps n of them, spread evenly.
    """
    numbers = np.asarray(rows)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        came = str(rows) if numbers.ndim == 0 else f"{numbers.dtype} {list(numbers.shape)}"
        raise UsageError(
            f"take({came}) of {name}: expected the numbers of those to keep, such as [0, 2, 5]; limit(n) keeps n of "
            "them, spread evenly."
        )
    return numbers.astype(np.intp)


def described(data: DataSet) -> str:
    """Describe a data set for its ``repr``.

    Example:
        >>> ImageSet.from_array(np.zeros((4, 1, 2, 2), np.uint8), name="mine")
        ImageSet('mine', 'test': 4 images of 1x2x2)
    """
    shape = "x".join(map(str, data.shape))
    return f"{type(data).__name__}({data.name!r}, {data.split!r}: {len(data):,} {data.unit} of {shape})"


def content_digest(shape: tuple[int, ...], chunks: Iterable[npt.NDArray[Any]]) -> str:
    """SHA-256 of the shape of one of them and of all numbers in order, however they are cut into chunks."""
    digest = hashlib.sha256("x".join(map(str, shape)).encode())
    for chunk in chunks:
        digest.update(np.ascontiguousarray(chunk).data)
    return digest.hexdigest()


def in_chunks(images: npt.NDArray[Pixel]) -> Iterator[npt.NDArray[Pixel]]:
    """Walk over ``[N,…]`` in pieces of a few megabytes."""
    step = max(1, CHUNK_BYTES // max(1, images[:1].nbytes))
    return (images[start : start + step] for start in range(0, len(images), step))
