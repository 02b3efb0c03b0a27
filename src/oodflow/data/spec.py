"""How users name data: ``NAME``, ``folder:PATH`` or ``npy:PATH``, each with an optional ``?shape=CxHxW``."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from oodflow.data.image_set import Shape
from oodflow.errors import UnknownName, UsageError

OWN_DATA = ("folder", "npy")  # what a user's own data can lie in


@dataclass(frozen=True)
class Spec:
    """A parsed name of data: ``kind`` is a registered name, or ``folder`` or ``npy`` with a ``path``."""

    kind: str
    path: str
    shape: Shape | None


def parse(spec: str, names: Collection[str]) -> Spec:
    """Read a spec; ``names`` are the registered data sets.

    Example:
        >>> parse("cifar10?shape=1x28x28", ["cifar10"])
        Spec(kind='cifar10', path='', shape=(1, 28, 28))
        >>> parse("folder:my pictures", ["cifar10"])
        Spec(kind='folder', path='my pictures', shape=None)
    """
    where, shape = _split_shape(spec)
    kind, colon, path = where.partition(":")
    if colon and kind in OWN_DATA:
        if not path:
            raise UsageError(f"data set {spec!r} names no path: write {kind}:PATH.")
        return Spec(kind, path, shape)
    if where not in names:
        raise UnknownName("data set", where, [*names, *(f"{kind}:PATH" for kind in OWN_DATA)])
    return Spec(where, "", shape)


def parse_shape(text: str) -> Shape:
    """Read a shape.

    Example:
        >>> parse_shape("3x32x32")
        (3, 32, 32)
    """
    match = re.fullmatch(r"([13])x([1-9]\d*)x([1-9]\d*)", text, re.ASCII)
    if not match:
        raise UsageError(f"shape {text!r} is not CxHxW: write channels (1 or 3), height and width, such as 3x32x32.")
    channels, height, width = map(int, match.groups())
    return channels, height, width


def _split_shape(spec: str) -> tuple[str, Shape | None]:
    where, mark, query = spec.rpartition("?")
    if not mark or "=" not in query:  # a path may hold a question mark of its own
        return spec, None
    key, _, value = query.partition("=")
    if key != "shape":
        raise UsageError(f"data set {spec!r}: the only option is ?shape=CxHxW, but ?{key}= came.")
    return where, parse_shape(value)
