"""Pictures in a zip file, or in the folder that it unpacks to."""

import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from oodflow.data.formats.stored import damage_told
from oodflow.data.sources.picture import MOST_BYTES, read_bytes

Read = Callable[[str], bytes]


@contextmanager
def pictures_in(path: Path, endings: tuple[str, ...]) -> Iterator[tuple[list[str], Read]]:
    """Give the names of the pictures, in the order of names, and a function that reads one of them.

    Names are paths in the archive, or in the folder. What is hidden is left out.

    Raises:
        OodflowError: the archive is damaged, or says that a picture is larger than any.
    """
    if path.is_dir():
        yield sorted(_names(path, endings)), lambda name: read_bytes(path / name)
        return
    with damage_told(path, "a zip file of pictures"), zipfile.ZipFile(path) as archive:
        sizes = {one.filename: one.file_size for one in archive.infolist() if _is_picture(one.filename, endings)}
        if any(size > MOST_BYTES for size in sizes.values()):
            raise zipfile.BadZipFile(f"it says that a picture has more than {MOST_BYTES:,} bytes")
        yield sorted(sizes), archive.read


def _names(folder: Path, endings: tuple[str, ...]) -> Iterator[str]:
    for place, inside, files in os.walk(folder):
        inside[:] = [name for name in inside if not name.startswith(".")]
        for name in files:
            if _is_picture(name, endings):
                yield Path(place, name).relative_to(folder).as_posix()


def _is_picture(name: str, endings: tuple[str, ...]) -> bool:
    path = PurePosixPath(name)
    return path.name.lower().endswith(endings) and not any(step.startswith((".", "__MACOSX")) for step in path.parts)
