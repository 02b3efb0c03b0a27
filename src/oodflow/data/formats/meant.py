"""Which array of a file that holds several is meant."""

from collections.abc import Mapping
from pathlib import Path

from oodflow.errors import OodflowError, UnknownName, UsageError

USUAL = "X"


def meant(path: Path, name: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Choose an array: the one that is named, the only one, ``X``, or the only one of images, with three axes or more.

    Args:
        path: of the file, for messages.
        name: of the array; empty: none was named.
        shapes: of all there are.

    Raises:
        UsageError: there is none of that name, or several may be meant.
        OodflowError: there is none at all.

    Example:
        >>> meant(Path("x.npz"), "", {"x": (50, 28, 28), "y": (50,)})
        'x'
    """
    if name:
        if name not in shapes:
            raise UnknownName(f"array of {path.name}", name, shapes)
        return name
    if not shapes:
        raise OodflowError(f"{path}: there is no array of numbers in it.")
    if len(shapes) == 1 or USUAL in shapes:
        return USUAL if USUAL in shapes else next(iter(shapes))
    images = [one for one, shape in shapes.items() if len(shape) >= 3]
    if len(images) == 1:
        return images[0]
    there = ", ".join(f"{one} {list(shape)}" for one, shape in shapes.items())
    raise UsageError(f"{path}: none of its arrays is called {USUAL}: say which with ?array=NAME; there are {there}.")
