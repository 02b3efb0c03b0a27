"""The C library's memory allocator, told to keep what it has."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def keep_freed_memory() -> None:
    """Let freed memory stay with the process, on Linux: the next step of a training asks for just as much again.

    As it comes, glibc gives every large block back to the system when it is freed, and each new one is made of pages
    that must be mapped and cleared one by one, which takes a good part of the time of large batches on a CPU. Peak
    memory stays the same.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
        if mallopt is not None:
            mallopt(_M_MMAP_MAX, 0)
            mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
