"""Names of data sets, and of their files, as people write them: in any case, with ``-``, ``_``, ``.`` or none."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from oodflow.data.root import installed
from oodflow.errors import UnknownName, UsageError

SHOWN = 6


def key(name: str) -> str:
    """Bring all ways of writing a name to one.

    Example:
        >>> key("Fashion-MNIST") == key("fashion_mnist"), key("t10k-images.idx3-ubyte") == key("t10k-images-idx3-ubyte")
        (True, True)
    """
    return re.sub(r"[-_. ]", "", name.casefold())


def same_name(name: str, names: Iterable[str]) -> str | None:
    """Find the one of some names that another is a way of writing; none: there is none, or more than one.

    Example:
        >>> same_name("CIFAR-10", ["cifar10", "cifar100"]), same_name("cifar", ["cifar10"])
        ('cifar10', None)
    """
    names = list(names)
    if name in names:
        return name
    alike = [one for one in names if key(one) == key(name)]
    return alike[0] if len(alike) == 1 else None


def require_name(kind: str, name: str, names: Iterable[str], others: Iterable[str] = ()) -> str:
    """Find the one of some names that another is a way of writing, as :func:`same_name`.

    Args:
        kind: what the name should have been, for the message.
        name: what came.
        names: those that there are.
        others: what it could have been besides, for the message.

    Raises:
        UsageError: there is none, or it is how several begin.

    Example:
        >>> require_name("data set", "EMNIST", ["emnist_letters", "emnist_digits"])
        Traceback (most recent call last):
            ...
        oodflow.errors.UsageError: 'EMNIST' is several data sets: name one of emnist_letters, emnist_digits.
    """
    names = list(names)
    if (found := same_name(name, names)) is not None:
        return found
    several = [one for one in names if one.startswith(f"{name.lower()}_")]
    if len(several) > 1:
        raise UsageError(f"{name!r} is several {kind}s: name one of {', '.join(several)}.")
    raise UnknownName(kind, name, [*names, *others])


def find(root: Path, places: Sequence[str]) -> Path | None:
    """Find the first of some places that is there: as it is written or, failing that, in another way.

    They are looked for under a data root or, failing that, where the system's packages put data sets.
    """
    return next(filter(None, (_find(folder, places) for folder in (root, *installed()))), None)


def said(root: Path, places: Sequence[str]) -> str:
    """Say which files were expected under a folder, and what there is instead.

    Example:
        >>> said(Path("/dev/null"), ["mnist/x.gz", "MNIST/raw/x.gz"])
        'expected mnist/x.gz or MNIST/raw/x.gz, but there is no folder /dev/null'
    """
    folders = dict.fromkeys(_deepest(root, place) for place in places)
    deepest = max(folders, key=lambda folder: len(folder.parts))
    return f"expected {_listed(places, ' or ')}, but {_held(deepest)}"


def _find(folder: Path, places: Sequence[str]) -> Path | None:
    for place in places:
        if (path := folder / place).exists():
            return path
    return next(filter(None, (_alike(folder, place) for place in places)), None)


def _alike(root: Path, place: str) -> Path | None:
    path = root
    for step in place.split("/"):
        name = same_name(step, _names(path))
        alike = sorted(one for one in _names(path) if key(one) == key(step)) if name is None else [name]
        if not alike:
            return None
        path /= alike[0]
    return path


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _deepest(root: Path, place: str) -> Path:
    """The folder nearest to a place that is there."""
    steps = place.split("/")[:-1]
    found = (_alike(root, "/".join(steps[:many])) for many in range(len(steps), 0, -1))
    return next((path for path in found if path is not None and path.is_dir()), root)


def _held(folder: Path) -> str:
    if not folder.is_dir():
        return f"there is no folder {folder}"
    names = [name for name in _names(folder) if not name.startswith(".")]
    return f"{folder} holds {_listed(names, ' and ') or 'nothing'}"


def _listed(names: Sequence[str], last: str) -> str:
    shown = [*names[:SHOWN], *([f"{len(names) - SHOWN:,} more"] if len(names) > SHOWN else [])]
    return last.join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
