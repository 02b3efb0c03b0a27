"""Files: named, and written so that a crash or a full disk never leaves half of one."""

import ctypes
import errno
import glob
import hashlib
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from oodflow.errors import OodflowError, UsageError


def path_of(place: object, name: str = "path") -> Path:
    """Take what a user calls a path, with ``~`` for their own folder.

    Args:
        place: a string, or what ``os.fspath`` makes one of.
        name: of the argument, for messages.

    Raises:
        UsageError: for anything else, and for nothing at all.

    Example:
        >>> path_of("~/runs/mine") == Path.home() / "runs" / "mine"
        True
    """
    if isinstance(place, os.PathLike):
        place = os.fspath(place)
    if not isinstance(place, str):
        raise UsageError(f"{name} is a {type(place).__name__}: expected a string or a pathlib.Path.")
    if not place or "\0" in place:
        raise UsageError(f"{name} is {place!r}: expected the path of a file or folder.")
    return Path(os.path.expanduser(place))  # noqa: PTH111 - of a Path, ./~ would be ~, and names without a user an error


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; when the block ends well it takes ``path``'s place in one step.

    When the block fails the temporary file is removed and what stood at ``path`` before is untouched. A link stays one:
    what it leads to is written.

    Raises:
        OodflowError: when the disk is full or the folder can't be written, or a device or pipe is there.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> with written_atomically(folder / "note.txt") as temporary:
        ...     _ = temporary.write_text("kept")
        >>> [file.name for file in folder.iterdir()]
        ['note.txt']
    """
    path = _replaceable(path)
    temporary = _beside(path)
    try:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_orphans(path)
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        with suppress(OSError):  # where it could not be made there is nothing to remove
            temporary.unlink(missing_ok=True)


def _replaceable(path: Path) -> Path:
    """Follow links to the file or folder whose place another may take.

    Raises:
        OodflowError: a device, pipe or socket is there, which would be lost.
    """
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    if place.exists() and not (place.is_file() or place.is_dir()):
        raise OodflowError(f"{path} is a device, pipe or socket: name a file, or none, to write to.")
    return place


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``folder``; when the block ends well it takes ``folder``'s place, whole.

    When the block fails the temporary folder is removed and what stood at ``folder`` before is untouched. A link stays
    one: the folder that it leads to is replaced.

    Raises:
        OodflowError: when the disk is full or the folder can't be written.

    Example:
        >>> folder = getfixture("tmp_path") / "pages"
        >>> with written_together(folder) as temporary:
        ...     _ = (temporary / "one.txt").write_text("1"), (temporary / "two.txt").write_text("2")
        >>> sorted(file.name for file in folder.iterdir()), [path.name for path in folder.parent.iterdir()]
        (['one.txt', 'two.txt'], ['pages'])
    """
    folder = _replaceable(folder)
    temporary = _beside(folder)
    try:
        with explained(folder):
            temporary.mkdir(parents=True)
            _remove_orphans(folder)
            yield temporary
            try:
                temporary.replace(folder)  # in one step, whoever else makes that folder meanwhile
            except OSError:
                if not folder.is_dir():
                    raise
                _exchange(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)  # what did not come to be, or stood there before


ORPHANED = 3600  # seconds without a change, after which nobody writes a temporary file or folder any more


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")


def is_temporary(path: Path) -> bool:
    """Whether a file or folder is one that something is being written to, or was by a process that was killed."""
    return path.name.startswith(".") and path.suffix == ".tmp"


def _remove_orphans(path: Path) -> None:
    """Remove what processes have left beside ``path`` that were killed while they wrote it."""
    for orphan in path.parent.glob(f".{glob.escape(path.name)}.????????.tmp"):
        with suppress(OSError):  # somebody else may do so, too
            if time.time() - orphan.stat().st_mtime > ORPHANED:
                shutil.rmtree(orphan) if orphan.is_dir() else orphan.unlink()


def in_folders(parent: Path, name: str) -> list[Path]:
    """List the files of a name in the folders of ``parent``, but not where :func:`written_together` is at work.

    Nor where a process was killed in the middle of it, which leaves its temporary folder behind.
    """
    return sorted(path for path in parent.glob(f"*/{name}") if not path.parent.name.startswith("."))


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's errors in writing ``path`` into one sentence."""
    try:
        yield
    except OSError as error:
        raise OodflowError(f"could not write {path}: {_reason(error)}") from error


def also_as(path: Path, other: Path) -> None:
    """Let a file go by another name, too, until something else takes the place of either."""
    with written_atomically(other) as temporary:
        try:
            os.link(path, temporary)
        except OSError:  # not all file systems have links
            shutil.copyfile(path, temporary)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, in UTF-8 and :func:`legible`."""
    with written_atomically(path) as temporary:
        temporary.write_text(legible(text), encoding="utf-8")


def legible(text: str) -> str:
    r"""Escape what a text has of names of files that are not UTF-8, which no UTF-8 can hold.

    Example:
        >>> legible(os.fsdecode(b"caf\xe9")), legible("café")
        ('caf\\udce9', 'café')
    """
    return text.encode("utf-8", "backslashreplace").decode()


def write_all(contents: Mapping[Path, str | bytes]) -> None:
    """Write several files that belong together: when one can't be written, none appears.

    Raises:
        OodflowError: when the disk is full or one of them can't be written.
    """
    for path in contents:
        if path.is_dir():
            raise OodflowError(f"could not write {path}: it is a folder; choose another name.")
    with ExitStack() as stack:
        for path, content in contents.items():
            temporary = stack.enter_context(written_atomically(path))
            temporary.write_bytes(content if isinstance(content, bytes) else legible(content).encode())


def digest(path: Path) -> str:
    """Digest the content of a file: 64 hexadecimal digits of SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_name(name: str) -> str:
    """Turn a name into a file name: itself, or readable and with a digest that tells it from others.

    Example:
        >>> file_name("fashion_mnist"), file_name("folder:my/pictures?shape=1x28x28")
        ('fashion_mnist', 'folder-my-pictures-shape-1x28x28-173d43')
    """
    readable = re.sub(r"[^A-Za-z0-9_.]+", "-", name)[-60:].strip("-.")
    return name if readable == name else f"{readable}-{hashlib.sha256(legible(name).encode()).hexdigest()[:6]}"


def page_and_data(path: Path) -> tuple[Path, Path]:
    """Name the two files that a table is written to, with or without an ending given.

    Example:
        >>> [file.name for file in page_and_data(Path("speed.md"))]
        ['speed.md', 'speed.json']
    """
    name = path.name.removesuffix(".md").removesuffix(".json")
    return path.with_name(f"{name}.md"), path.with_name(f"{name}.json")


def _exchange(one: Path, other: Path) -> None:
    """Let two folders swap their names: in a single step where the system can, so that there is always one at each."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
    if rename is None or rename(here, os.fsencode(one), here, os.fsencode(other), exchange) != 0:
        aside = one.with_suffix(".former")
        other.replace(aside)
        one.replace(other)
        aside.replace(one)


FULL = {
    getattr(errno, "EDQUOT", errno.ENOSPC): "your share of the disk is full",
    errno.ENOSPC: "the disk is full",
    errno.EFBIG: "File too large for this disk, or for what this process may write",
}
"""What the system says where there is no room."""


def _reason(error: OSError) -> str:
    if error.errno in FULL:
        return f"{FULL[error.errno]}; what stood there before is untouched. Free some space and try again."
    return f"{error.strerror or error}; choose another folder or change its permissions."
