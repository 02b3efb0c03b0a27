"""Decoded images, and numbers of tables, as ``.npy`` files that open at once, memory-mapped, however large they are.

Beside each array stands a sidecar in JSON that says what it was decoded from. A changed size or time of a file it came
from makes the entry stale, and it is decoded anew. Both files are written under another name and then renamed, the
sidecar last: whatever is interrupted, there is never a half-written entry.
"""

import errno
import hashlib
import io
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from oodflow.data.image_set import content_digest
from oodflow.errors import OodflowError
from oodflow.files import path_of, written_atomically

FORMAT = 3  # raise it when a reader decodes or a note says something else, so that old entries are not used
Origin = list[list[str | int]]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Decoded:
    """All images or rows of a part, with the digest of their content and what is to be said about them."""

    array: Array
    content: str
    note: str


def cache_dir(explicit: Path | None) -> Path:
    """Where decoded images are kept: ``explicit``, else ``$OODFLOW_CACHE``, else the user's cache directory."""
    if explicit is not None:
        return explicit
    if path := os.environ.get("OODFLOW_CACHE"):
        return path_of(path, "$OODFLOW_CACHE")
    import pooch

    return Path(pooch.os_cache("oodflow")) / "decoded"


def origin_of(files: list[Path], root: Path) -> Origin:
    """Name, size and time of change of the files that images are decoded from."""
    stats = [(file.relative_to(root) if file.is_relative_to(root) else file, file.stat()) for file in files]
    return [[str(name), stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def entry(directory: Path, root: Path, *key: str) -> Path:
    """Path of the array that belongs to a key and a data root: readable, and different for each."""
    readable = re.sub(r"[^A-Za-z0-9_.]+", "-", "-".join(key))[-60:].strip("-.")
    identity = hashlib.sha256(json.dumps([FORMAT, str(root), *key]).encode()).hexdigest()
    return directory / f"{readable}-{identity[:12]}.npy"


def recall(path: Path, origin: Origin, array: Array | None = None) -> Decoded | None:
    """Open an entry that is still valid; with ``array`` given, only what was written down about it."""
    try:
        written = json.loads(_sidecar(path).read_text())
        if written["origin"] != origin:
            return None
        images = np.load(path, mmap_mode="r", allow_pickle=False) if array is None else array
        if [len(images), *images.shape[1:]] != [written["count"], *written["shape"]]:
            return None
        return Decoded(images, str(written["content"]), str(written["note"]))
    except Exception:
        return None  # missing or damaged: decode anew


def store(path: Path, origin: Origin, chunks: Iterator[Array], note: Callable[[int], str]) -> Decoded:
    """Decode into an entry, chunk by chunk, and open it; ``note`` is told the number of images.

    Raises:
        OodflowError: there is no image, the disk is full or the directory cannot be written.
    """
    first = next(chunks, None)
    if first is None:
        raise OodflowError(f"{path.stem}: there is no image to decode.")
    shape, dtype = first.shape[1:], first.dtype
    with _replacing(path) as file:
        start = file.write(_header(0, shape, dtype))
        content = content_digest(shape, _written(itertools.chain([first], chunks), file))
        count = (file.tell() - start) // (math.prod(shape) * dtype.itemsize)
        file.seek(0)
        file.write(_header(count, shape, dtype))
    said = note(count)  # once: it may read all files again
    describe(path, origin, (count, *shape), content, said)
    return Decoded(np.load(path, mmap_mode="r", allow_pickle=False), content, said)


def describe(path: Path, origin: Origin, shape: tuple[int, ...], content: str, note: str) -> None:
    """Write the sidecar of an entry."""
    count, *rest = shape
    facts = {"shape": rest, "count": count, "content": content, "note": note, "origin": origin}
    with _replacing(_sidecar(path)) as file:
        file.write(json.dumps(facts).encode())


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".json")


def _written(chunks: Iterable[Array], file: IO[bytes]) -> Iterator[Array]:
    # A plain write reports a full disk as an error; writing through a memory map would kill the process instead.
    for chunk in chunks:
        file.write(np.ascontiguousarray(chunk).data)
        yield chunk


def _header(count: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    # The format reserves room for the first axis to grow, so the header is as long for 0 images as for any number.
    buffer = io.BytesIO()
    facts = {"descr": dtype.str, "fortran_order": False, "shape": (count, *shape)}
    np.lib.format.write_array_header_1_0(buffer, facts)
    return buffer.getvalue()


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    with _told_where(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    with written_atomically(path) as temporary, _told_where(path.parent), temporary.open("wb") as file:
        yield file


@contextmanager
def _told_where(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full: free some space or" if full else f"it cannot be written ({error.strerror}):"
        raise OodflowError(
            f"decoded images go to {directory}, but {what} set $OODFLOW_CACHE to another directory."
        ) from error
