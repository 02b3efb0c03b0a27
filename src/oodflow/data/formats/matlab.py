"""Arrays of bytes in MATLAB files of version 5, as ``save`` writes them: a tree of tagged elements, often compressed.

Source: The MathWorks, *MAT-File Format*, level 5. Read as a stream, so a file can ask for no more memory than a piece.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt

from oodflow.errors import OodflowError

UINT8, MATRIX, COMPRESSED = 2, 14, 15
CLASSES = {4: "char", 6: "float64", 7: "float32", 8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32",
           13: "uint32", 14: "int64", 15: "uint64"}  # fmt: skip
COMPLEX = 0x800
MOST_AXES = 32
PIECE = 1 << 20


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Read up to so many."""


@dataclass(frozen=True)
class MatArray:
    """An array in a file; if it is one of bytes they can be read, in the order of Fortran: the first axis runs fastest.

    Attributes:
        kind: of its numbers, as numpy names them.
        shape: of the array.
        stream: gives its bytes.
    """

    kind: str
    shape: tuple[int, ...]
    stream: Stream

    def chunks(self, size: int) -> Iterator[npt.NDArray[np.uint8]]:
        """Walk over the last axis, about ``size`` bytes at a time: pieces of the array with fewer of the last axis.

        Raises:
            ValueError: there are fewer bytes than the shape tells, or others.
        """
        if self.kind != "uint8":
            raise ValueError(f"it holds {self.kind} and no bytes")
        *rest, count = self.shape
        one = max(1, math.prod(rest))
        step = max(1, size // one)
        for start in range(0, count, step):
            some = min(step, count - start)
            yield np.frombuffer(_exactly(self.stream, some * one), np.uint8).reshape((*rest, some), order="F")


@contextmanager
def mat_array(path: Path, name: str) -> Iterator[MatArray]:
    """Open an array of a MATLAB file by its name.

    Raises:
        OodflowError: the file is damaged, in another format, or has no such array.
    """
    try:
        with path.open("rb") as file:
            yield _find(file, name)
    except OodflowError:
        raise
    except (ValueError, struct.error, zlib.error, EOFError, OSError) as error:
        why = f"truncated or corrupt, it cannot be read as a MATLAB file ({error})"
        raise OodflowError(f"{path}: {why}; get it again.") from error


def _find(file: IO[bytes], name: str) -> MatArray:
    order = _byte_order(file)
    found = []
    while tag := file.read(8):
        kind, size = struct.unpack(f"{order}2I", tag)
        end = file.tell() + size
        stream: Stream = file
        if kind == COMPRESSED:
            stream = _Inflated(file, size)
            kind, _ = struct.unpack(f"{order}2I", _exactly(stream, 8))
        if kind == MATRIX:
            here, array = _matrix(stream, order, name)
            if array is not None:
                return array
            found.append(here)
        file.seek(end)
    raise ValueError(f"it holds no {name}, but {', '.join(found) or 'nothing'}")


def _byte_order(file: IO[bytes]) -> str:
    header = file.read(128)
    if header.startswith((b"MATLAB 7.3", b"\x89HDF")):
        raise ValueError("it is of version 7.3, which is HDF5: save it in MATLAB with '-v7'")
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    if order is None:
        raise ValueError("it has no header of version 5")
    return order


def _matrix(stream: Stream, order: str, name: str) -> tuple[str, MatArray | None]:
    """Read the head of a matrix: its name, and the array that begins now if it is the one that is wanted."""
    flags = struct.unpack(f"{order}2I", _element(stream, order, 8))[0]
    dims = _element(stream, order, 4 * MOST_AXES)
    shape = struct.unpack(f"{order}{len(dims) // 4}i", dims[: len(dims) // 4 * 4])
    here = _element(stream, order, 64).decode("ascii", "replace")
    if here != name:
        return here, None
    if len(shape) < 2 or min(shape) < 0:
        raise ValueError(f"{name} has the shape {list(shape)}")
    kind, size = struct.unpack(f"{order}2I", _exactly(stream, 8))
    stored: Stream = stream
    if kind >> 16:  # at most four bytes stand in the tag itself
        kind, size, stored = kind & 0xFFFF, kind >> 16, _Given(struct.pack(f"{order}I", size))
    of = "complex" if flags & COMPLEX else CLASSES.get(flags & 0xFF, f"class {flags & 0xFF}")
    if of == "uint8" and (kind != UINT8 or size != math.prod(shape)):
        raise ValueError(f"{name} says that it has {math.prod(shape):,} bytes, but {size:,} of type {kind} follow")
    return here, MatArray(of, shape, stored)


def _element(stream: Stream, order: str, most: int) -> bytes:
    """Read a small element whole, and the padding behind it."""
    kind, size = struct.unpack(f"{order}2I", _exactly(stream, 8))
    if kind >> 16:
        return struct.pack(f"{order}I", size)[: kind >> 16]
    if size > most:
        raise ValueError(f"an element of the head has {size:,} bytes: expected at most {most}")
    return _exactly(stream, -(-size // 8) * 8)[:size]


def _exactly(stream: Stream, size: int) -> bytes:
    """Read so many bytes, piece by piece: none are made room for that do not come."""
    pieces, left = [], size
    while left:
        piece = stream.read(min(left, PIECE))
        if not piece:
            raise ValueError(f"{left:,} bytes are missing")
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


class _Given:
    """Bytes that were read already."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def read(self, size: int, /) -> bytes:
        taken, self._left = self._left[:size], self._left[size:]
        return taken


class _Inflated:
    """What a compressed element holds."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size
        self._inflate = zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        while not self._inflate.eof:
            more = self._inflate.unconsumed_tail or self._file.read(min(self._left, PIECE))
            if not self._inflate.unconsumed_tail:
                self._left -= len(more)
            piece = self._inflate.decompress(more, size)
            if piece or not more:
                return piece
        return b""
