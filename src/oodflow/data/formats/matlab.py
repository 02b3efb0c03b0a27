"""Arrays of numbers in MATLAB files of version 5, as ``save`` writes them: a tree of tagged elements, often compressed.

Source: The MathWorks, *MAT-File Format*, level 5. Read as a stream, so a file can ask for no more memory than a piece.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from oodflow.data.formats.stored import PIECE, Header, Stream, damage_told, exactly, require_plausible, slabs

MATRIX, COMPRESSED = 14, 15
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""How numbers lie in a file: those of any class may be in the narrowest type that holds them."""
CLASSES = {4: "char", 6: "float64", 7: "float32", 8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32",
           13: "uint32", 14: "int64", 15: "uint64"}  # fmt: skip
COMPLEX, LOGICAL = 0x800, 0x200
MOST_AXES = 32


@dataclass(frozen=True)
class MatArray:
    """An array in a file; real numbers can be read, in the order of Fortran: the first axis runs fastest.

    Attributes:
        kind: of its numbers, as numpy names them.
        shape: of the array.
        stream: gives its bytes.
        stored: the type of the numbers in the file; none: they can't be read.
    """

    kind: str
    shape: tuple[int, ...]
    stream: Stream
    stored: np.dtype[Any] | None

    @property
    def header(self) -> Header:
        """What it says of itself.

        Raises:
            ValueError: it is not one of numbers.
        """
        if self.stored is None:
            raise ValueError(f"it holds {self.kind} and no real numbers")
        return Header(self.shape, True, np.dtype(self.kind))

    def chunks(self, size: int) -> Iterator[npt.NDArray[Any]]:
        """Walk over the last axis, about ``size`` bytes at a time: pieces of the array with fewer of the last axis.

        Raises:
            ValueError: there are fewer bytes than the shape tells, or others.
        """
        return slabs(self.header, self.stream, size, self.stored)


@contextmanager
def mat_array(path: Path, name: str) -> Iterator[MatArray]:
    """Open an array of a MATLAB file by its name.

    Raises:
        OodflowError: the file is damaged, in another format, or has no such array.
    """
    with damage_told(path, "a MATLAB file"), path.open("rb") as file:
        found = []
        for array_name, array in _arrays(file):
            if array_name == name:
                require_plausible(path, math.prod(array.shape))
                yield array
                return
            found.append(array_name)
        raise ValueError(f"it holds no {name}, but {', '.join(found) or 'nothing'}")


def mat_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """List the arrays of real numbers in a MATLAB file, by their names.

    Raises:
        OodflowError: the file is damaged, or in another format.
    """
    with damage_told(path, "a MATLAB file"), path.open("rb") as file:
        return {name: array.shape for name, array in _arrays(file) if name and array.stored is not None}


def _arrays(file: IO[bytes]) -> Iterator[tuple[str, MatArray]]:
    """Walk over all arrays; each can be read until the next is asked for."""
    order = _byte_order(file)
    while tag := file.read(8):
        kind, size = struct.unpack(f"{order}2I", tag)
        end = file.tell() + size
        stream: Stream = file
        if kind == COMPRESSED:
            stream = _Inflated(file, size)
            kind, _ = struct.unpack(f"{order}2I", exactly(stream, 8))
        if kind == MATRIX:
            yield _matrix(stream, order)
        file.seek(end)


def _byte_order(file: IO[bytes]) -> str:
    header = file.read(128)
    if header.startswith((b"MATLAB 7.3", b"\x89HDF")):
        raise ValueError("it is of version 7.3, which is HDF5: save it in MATLAB with '-v7'")
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    if order is None:
        raise ValueError("it has no header of version 5")
    return order


def _matrix(stream: Stream, order: str) -> tuple[str, MatArray]:
    """Read the head of a matrix: its name, and the array that begins now."""
    flags = struct.unpack(f"{order}2I", _element(stream, order, 8))[0]
    dims = _element(stream, order, 4 * MOST_AXES)
    shape = struct.unpack(f"{order}{len(dims) // 4}i", dims[: len(dims) // 4 * 4])
    name = _element(stream, order, 64).decode("ascii", "replace")
    of = "complex" if flags & COMPLEX else CLASSES.get(flags & 0xFF, f"class {flags & 0xFF}")
    if of in ("char", "complex") or of.startswith("class"):
        return name, MatArray(of, shape, stream, None)
    if len(shape) < 2 or min(shape) < 0:
        raise ValueError(f"{name} has the shape {list(shape)}")
    kind, size = struct.unpack(f"{order}2I", exactly(stream, 8))
    given: Stream = stream
    if kind >> 16:  # at most four bytes stand in the tag itself
        kind, size, given = kind & 0xFFFF, kind >> 16, _Given(struct.pack(f"{order}I", size))
    lies = np.dtype(order + STORED[kind]) if kind in STORED else None
    if lies is None or size != math.prod(shape) * lies.itemsize or not np.can_cast(lies, np.dtype(of), "same_kind"):
        raise ValueError(
            f"{name} says that it has {math.prod(shape):,} of {of}, but {size:,} bytes of type {kind} follow"
        )
    return name, MatArray("bool" if flags & LOGICAL else of, shape, given, lies)


def _element(stream: Stream, order: str, most: int) -> bytes:
    """Read a small element whole, and the padding behind it."""
    kind, size = struct.unpack(f"{order}2I", exactly(stream, 8))
    if kind >> 16:
        return struct.pack(f"{order}I", size)[: kind >> 16]
    if size > most:
        raise ValueError(f"an element of the head has {size:,} bytes: expected at most {most}")
    return exactly(stream, -(-size // 8) * 8)[:size]


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
