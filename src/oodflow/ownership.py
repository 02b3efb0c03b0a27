"""One process at a time works in a folder, a run's or a data set's, and the others are told which."""

import contextlib
import errno
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from oodflow.errors import NOT_AS_WRITTEN, OodflowError
from oodflow.files import explained

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
TRIES = 100
"""How often a folder may be gone before it has been locked: more often it can't be made at all."""
NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What file systems say that know no locks: there nobody is kept out."""


class Owned(OodflowError):
    """Another process works in a folder."""


@contextmanager
def owned(
    folder: Path, doing: str = "is being trained by", wait: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Own a folder, which is made where it is not there, while the block runs: whoever else asks is refused, or waits.

    The system gives a lock back when its process ends, however that ends, so none is left behind.

    Args:
        folder: the folder.
        doing: what is done there, for those who are told.
        wait: is told that another process owns it, whose end is then waited for; none: that is an error.

    Raises:
        Owned: another process owns it.
        OodflowError: it can't be written.

    Example:
        >>> folder = getfixture("tmp_path") / "run"
        >>> with owned(folder):
        ...     with owned(folder):
        ...         pass
        Traceback (most recent call last):
        ...
        oodflow.ownership.Owned: ... is being trained by process ... since ...: choose another folder, or wait ...
        >>> folder.exists()
        False
    """
    with explained(folder):
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        file = _locked(folder, doing, wait)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink()
            for path in made:
                path.rmdir()  # if nothing has been written
        file.close()


def _locked(folder: Path, doing: str, wait: Callable[[str], object] | None) -> IO[str]:
    path, tries = folder / LOCK, 0
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = path.open("a+")
        except FileNotFoundError:  # its owner has just ended, and taken the folders away that it had made
            tries += 1
            if tries > TRIES:
                raise
            continue
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if wait is None:
                    with file:
                        raise Owned(f"{folder} {doing} {_owner(file)}: {_REMEDY}.") from None
                wait(f"{folder} {doing} {_owner(file)}: waiting until it has ended.")
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno not in NO_LOCKS:
                    raise
        if _is(file, path):
            break
        file.close()  # its owner has just ended and taken the name away
    file.truncate(0)
    file.write(json.dumps({"process": os.getpid(), "host": platform.node(), "since": time.strftime("%F %T")}))
    file.flush()
    return file


_REMEDY = "choose another folder, or wait until it has ended"


def _is(file: IO[str], path: Path) -> bool:
    """Whether a file that is open is the one of a name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _owner(file: IO[str]) -> str:
    """Say who has written the lock."""
    try:
        file.seek(0)
        said = json.loads(file.read())
        return f"process {said['process']} on {said['host']} since {said['since']}"
    except NOT_AS_WRITTEN:
        return "another process"
