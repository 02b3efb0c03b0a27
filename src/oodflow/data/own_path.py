"""Paths of a user's own data: whether what is named is there, and of the kind that it is named as."""

from pathlib import Path

from oodflow.errors import NotThere


def require_file(kind: str, path: Path) -> None:
    """Refuse a path that is no file, as the data set ``kind:path``.

    Example:
        >>> require_file("csv", Path("/"))
        Traceback (most recent call last):
            ...
        oodflow.errors.NotThere: csv:/: this is a folder: name a file in it.
    """
    if path.is_dir():
        raise NotThere(f"{kind}:{path}: this is a folder: name a file in it.")
    if not path.is_file():
        raise NotThere(f"{kind}:{path}: there is no such file.")


def require_folder(kind: str, path: Path) -> None:
    """Refuse a path that is no folder, as the data set ``kind:path``."""
    if path.is_file():
        raise NotThere(f"{kind}:{path}: this is a file: name the folder that it lies in.")
    if not path.is_dir():
        raise NotThere(f"{kind}:{path}: there is no such folder.")
