"""Files: named, and written so that a crash or a full disk never leaves half of one."""

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oodflow.errors import OodflowError


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; when the block ends well it takes ``path``'s place in one step.

    When the block fails the temporary file is removed and what stood at ``path`` before is untouched.

    Raises:
        OodflowError: when the disk is full or the folder can't be written.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> with written_atomically(folder / "note.txt") as temporary:
        ...     _ = temporary.write_text("kept")
        >>> [file.name for file in folder.iterdir()]
        ['note.txt']
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        with suppress(OSError):  # where it could not be made there is nothing to remove
            temporary.unlink(missing_ok=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's errors in writing ``path`` into one sentence."""
    try:
        yield
    except OSError as error:
        raise OodflowError(f"could not write {path}: {_reason(error)}") from error


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically."""
    with written_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def file_name(name: str) -> str:
    """Turn a name into a file name: itself, or readable and with a digest that tells it from others.

    Example:
        >>> file_name("fashion_mnist"), file_name("folder:my/pictures?shape=1x28x28")
        ('fashion_mnist', 'folder-my-pictures-shape-1x28x28-173d43')
    """
    readable = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")[-60:]
    return name if readable == name else f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def page_and_data(path: Path) -> tuple[Path, Path]:
    """Name the two files that a table is written to, with or without an ending given.

    Example:
        >>> [file.name for file in page_and_data(Path("speed.md"))]
        ['speed.md', 'speed.json']
    """
    name = path.name.removesuffix(".md").removesuffix(".json")
    return path.with_name(f"{name}.md"), path.with_name(f"{name}.json")


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full; what stood there before is untouched. Free some space and try again."
    return f"{error.strerror or error}; choose another folder or change its permissions."
