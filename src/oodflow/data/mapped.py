"""Arrays that lie in files and are mapped into memory."""

import mmap
from typing import Any

import numpy.typing as npt


def release(array: npt.NDArray[Any]) -> None:
    """Let the system take back what has been read of an array that is mapped from a file; read again, it is as it was.

    A pass over a large file would leave all of it in the process's memory otherwise, for as long as there is room.
    Arrays that are in memory by themselves are left alone.
    """
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):  # not everywhere
        base.madvise(mmap.MADV_DONTNEED)
