"""Arrays that lie in files and are mapped into memory."""

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.errors import OodflowError


def map_npy(path: Path) -> Any:
    """Map the array of a ``.npy`` file into memory; of an ``.npz`` file, what NumPy makes of it.

    Raises:
        OodflowError: it is neither, or damaged.
    """
    try:
        with np.errstate(over="ignore"):  # a size that no number holds is told below
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # a damaged header is read as Python, and fails in whatever way that does
        # NumPy takes what it does not know for pickled objects, and tells how to load these all the same.
        why = "it is another kind of file" if "pickle" in str(error) else str(error).rstrip(".")
        raise OodflowError(f"{path}: not a whole .npy file of numbers ({why}).") from error
    if isinstance(array, np.memmap) and (more := path.stat().st_size - array.offset - array.nbytes):
        raise OodflowError(
            f"{path}: not one array: {more:,} bytes follow the one of shape {list(array.shape)}, as where another was "
            "saved behind it: save each into a file of its own."
        )
    return array


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
