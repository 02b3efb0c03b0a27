"""What the process is told before torch is loaded: to keep its memory, and not to fight for the cores."""

import ctypes
import os
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


def yield_when_waiting() -> None:
    """Let threads that wait for one another soon hand their core on, unless the user has said how they should wait.

    As it comes, GNU's OpenMP spins for milliseconds before it does. Where another process wants the cores too, the
    thread that is waited for does not get one meanwhile, and a training step takes not twice but a hundred times as
    long. A wait this short costs nothing that we could measure where the cores are ours alone.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
