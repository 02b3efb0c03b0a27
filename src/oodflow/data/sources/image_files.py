"""Files that hold arrays of a user's own images: one kind a file, and one line here."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from oodflow.data.sources.arrays import ArrayImages
from oodflow.data.sources.idx_file import IdxFile
from oodflow.data.sources.mat import Mat
from oodflow.data.sources.npy import Npy
from oodflow.data.sources.npz import Npz
from oodflow.data.tables import TABLE_FILES
from oodflow.errors import OodflowError, UsageError

IMAGE_FILES: Mapping[str, type[ArrayImages]] = MappingProxyType({one.kind: one for one in (Npy, Npz, Mat, IdxFile)})
"""Kinds, by what stands before the path of such a file."""


def holds_table(kind: str, path: Path, axes: str = "", array: str = "") -> bool:
    """Tell whether what is meant of a file is an array of two axes, or fewer: these are rows of numbers, and no images.

    Args:
        kind: of the file, one of :data:`IMAGE_FILES`.
        path: of the file.
        axes: what was said of them; if anything, it is of images.
        array: name of the array, if there are several.
    """
    if axes or kind not in TABLE_FILES:
        return False
    try:
        return len(IMAGE_FILES[kind](path, array=array).header().shape) <= 2
    except UsageError:
        raise
    except OodflowError:
        return kind == "npz"  # whatever is wrong with it, reading it will say


def kind_of_images(path: Path) -> str | None:
    """Tell the kind of such a file by its name; none: by that it is none. ``.npy`` and ``.npz`` may be tables, too.

    Example:
        >>> [kind_of_images(Path(name)) for name in ("t10k-images-idx3-ubyte.gz", "x.MAT", "x.png")]
        ['idx', 'mat', None]
    """
    name = path.name.lower()
    return next((kind for kind, file in IMAGE_FILES.items() if name.endswith(file.endings)), None)
