"""Arrays in IDX files, plain or compressed: two zeros, the type, how many axes, their lengths, then the numbers.

Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np

from oodflow.data.formats.stored import Header, exactly, require_plausible
from oodflow.errors import OodflowError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def open_idx(path: Path) -> IO[bytes]:
    """Open a file, compressed or not whatever its name says."""
    return cast(IO[bytes], gzip.open(path)) if _compressed(path) else path.open("rb")


@contextmanager
def idx_array(path: Path) -> Iterator[tuple[Header, IO[bytes]]]:
    """Open the array of an IDX file: what it says of itself, and its bytes.

    Raises:
        OodflowError: it is none, or damaged; also when something is read of it.
    """
    try:
        with open_idx(path) as file:
            header = _header(file)
            require_plausible(path, header.size)
            plain = path.stat().st_size - file.tell()
            if not _compressed(path) and plain != header.size:
                raise ValueError(f"it says that {header.size:,} bytes follow, but {plain:,} do")
            yield header, file
    except (ValueError, struct.error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise OodflowError(f"{path}: not a whole IDX file ({error}); get the file again.") from error


def _compressed(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(2)
    return start == b"\x1f\x8b" or (path.suffix == ".gz" and start != b"\0\0")


def _header(file: IO[bytes]) -> Header:
    zeros, kind, axes = struct.unpack(">HBB", exactly(file, 4))
    if zeros or kind not in TYPES:
        raise ValueError("it does not begin as one does")
    shape = struct.unpack(f">{axes}I", exactly(file, 4 * axes))
    if not axes or not math.prod(shape):
        raise ValueError(f"its shape is {list(shape)}, which is empty")
    return Header(shape, False, np.dtype(TYPES[kind]))
