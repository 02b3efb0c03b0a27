"""How users name data: ``NAME``, ``folder:PATH`` or ``npy:PATH``, each with options behind a question mark.

``?shape=CxHxW`` crops, resizes and converts the images, ``?every=K`` keeps of what comes of it each K-th row and
column, and ``?mutated=RATE`` replaces values of that by noise; they are joined by ``&``.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from oodflow.data.image_set import Shape
from oodflow.errors import UnknownName, UsageError

OWN_DATA = ("folder", "npy")  # what a user's own data can lie in
OPTIONS = {"shape": "CxHxW", "every": "K", "mutated": "RATE"}


@dataclass(frozen=True)
class Spec:
    """A parsed name of data: ``kind`` is a registered name, or ``folder`` or ``npy`` with a ``path``.

    Attributes:
        shape: what images are brought to; none: as they are.
        every: of which rows and columns each is kept, to make images small as one does who does not smooth; none: all.
        mutated: the probability with which a value is replaced by noise; none: as they are.
    """

    kind: str
    path: str
    shape: Shape | None = None
    every: int | None = None
    mutated: float | None = None


def parse(spec: str, names: Collection[str]) -> Spec:
    """Read a spec; ``names`` are the registered data sets.

    Example:
        >>> parse("cifar10?shape=1x28x28&mutated=0.2", ["cifar10"])
        Spec(kind='cifar10', path='', shape=(1, 28, 28), every=None, mutated=0.2)
        >>> parse("folder:my pictures", ["cifar10"])
        Spec(kind='folder', path='my pictures', shape=None, every=None, mutated=None)
    """
    where, options = _split(spec)
    shape = parse_shape(options["shape"]) if "shape" in options else None
    every = parse_every(options["every"]) if "every" in options else None
    rate = parse_rate(options["mutated"]) if "mutated" in options else None
    kind, colon, path = where.partition(":")
    if colon and kind in OWN_DATA:
        if not path:
            raise UsageError(f"data set {spec!r} names no path: write {kind}:PATH.")
        return Spec(kind, path, shape, every, rate)
    if where not in names:
        raise UnknownName("data set", where, [*names, *(f"{kind}:PATH" for kind in OWN_DATA)])
    return Spec(where, "", shape, every, rate)


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


def parse_every(text: str) -> int:
    """Read of which rows and columns each is kept.

    Example:
        >>> parse_every("2")
        2
    """
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII) or text == "1":
        raise UsageError(f"every {text!r} is no step: write a whole number from 2, such as every=2.")
    return int(text)


def parse_rate(text: str) -> float:
    """Read the probability that values are mutated with.

    Example:
        >>> parse_rate("0.2")
        0.2
    """
    rate = float(text) if re.fullmatch(r"\d*\.?\d+", text, re.ASCII) else 0.0
    if not 0 < rate <= 1:
        raise UsageError(f"mutated {text!r} is no rate: write a number above 0 and at most 1, such as mutated=0.2.")
    return rate


def with_shape(spec: str, shape: str) -> str:
    """Write a spec with another shape, and its other options as they are.

    Example:
        >>> with_shape("mnist", "CxHxW"), with_shape("mnist?mutated=0.2", "3x32x32")
        ('mnist?shape=CxHxW', 'mnist?shape=3x32x32&mutated=0.2')
    """
    where, options = _split(spec)
    return f"{where}?" + "&".join(
        f"{name}={value}" for name, value in ({"shape": ""} | options | {"shape": shape}).items()
    )


def _split(spec: str) -> tuple[str, dict[str, str]]:
    """Cut the options off."""
    where, mark, query = spec.rpartition("?")
    if not mark or "=" not in query:  # a path may hold a question mark of its own
        return spec, {}
    options: dict[str, str] = {}
    for option in query.split("&"):
        name, _, value = option.partition("=")
        if name not in OPTIONS:
            there = ", ".join(f"?{known}={form}" for known, form in OPTIONS.items())
            raise UsageError(f"data set {spec!r}: the options are {there}, joined by &, but ?{name}= came.")
        if name in options:
            raise UsageError(f"data set {spec!r} has {name} twice: leave one of them out.")
        options[name] = value
    return where, options
