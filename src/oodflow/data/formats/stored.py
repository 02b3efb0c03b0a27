"""Arrays as they lie in files, read a slab at a time: room is made for what has come, never for what is promised."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from oodflow.errors import OodflowError

PIECE = 1 << 20
PLAUSIBLE = 1 << 30  # bytes that anything may hold
RATIO = 300  # how much longer than its file the content of larger ones may be


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Read up to so many."""


class Header(NamedTuple):
    """What an array in a file says of itself."""

    shape: tuple[int, ...]
    by_column: bool
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return math.prod(self.shape) * self.dtype.itemsize


def slabs(header: Header, stream: Stream, size: int, stored: np.dtype[Any] | None = None) -> Iterator[npt.NDArray[Any]]:
    """Walk over the outermost axis, the first or, by column, the last: pieces of the array that have less of it.

    Args:
        header: what the array says of itself.
        stream: gives its bytes.
        size: of a piece, about.
        stored: the type of the numbers in the file, where it is another.

    Raises:
        ValueError: bytes are missing.
    """
    lies = stored or header.dtype
    count, *rest = header.shape[::-1] if header.by_column else header.shape
    one = math.prod(rest) * lies.itemsize
    step = max(1, size // max(1, one))
    for start in range(0, count, step):
        some = min(step, count - start)
        slab = np.frombuffer(exactly(stream, some * one), lies).reshape((some, *rest))
        yield (slab.T if header.by_column else slab).astype(header.dtype, copy=False)


def exactly(stream: Stream, size: int) -> bytes:
    """Read so many bytes, piece by piece.

    Raises:
        ValueError: some are missing.
    """
    pieces, left = [], size
    while left:
        piece = stream.read(min(left, PIECE))
        if not piece:
            raise ValueError(f"{left:,} bytes are missing")
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


@contextmanager
def damage_told(path: Path, kind: str) -> Iterator[None]:
    """Turn what reading a damaged file fails with, which is whatever its bytes suggest, into a sentence.

    Args:
        path: of the file.
        kind: what it can't be read as, such as ``a MATLAB file``.

    Raises:
        OodflowError: for any error in the block.
    """
    try:
        yield
    except OodflowError:
        raise
    except Exception as error:
        why = f"truncated or corrupt, it can't be read as {kind} ({error})"
        raise OodflowError(f"{path}: {why}; get the file again.") from error


def require_plausible(path: Path, size: int) -> None:
    """Refuse a file that says that it holds far more than anything compresses to that is worth reading.

    Raises:
        OodflowError: it does.
    """
    there = path.stat().st_size
    if size > PLAUSIBLE and size > RATIO * there:
        raise OodflowError(
            f"{path}: says that {size:,} bytes are in it, compressed to {there:,}, which no data is: get the file "
            "again, or save it uncompressed."
        )
