"""How users name data: ``NAME`` or ``KIND:PATH``, such as ``folder:PATH`` or ``csv:PATH``, with options behind ``?``.

Of a user's own images ``?range=LOW,HIGH`` names the numbers that are black and white, of arrays ``?axes=NHWC`` what
each axis is, and ``?array=NAME`` the one that is meant. Of a folder ``?part=FOLDER``
takes the pictures of one folder in it, and ``?skip_bad=N`` leaves out up to so many that can't be read. Of all images
``?shape=CxHxW`` crops, resizes and converts them, ``?every=K`` keeps of what comes of it each K-th row and
column, ``?mutated=RATE`` replaces values of that by noise, ``?encoder=MODEL`` makes vectors of what comes of all
this, and ``?length=L`` brings these to one length. The options of tables are described by
:class:`~oodflow.data.selection.Selection`. Options are joined by ``&``.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from urllib.parse import quote, unquote

from oodflow.data import selection
from oodflow.data.found import require_name
from oodflow.data.image_set import LARGEST, Shape
from oodflow.data.pixel_range import PixelRange, parse_range
from oodflow.data.selection import Selection
from oodflow.data.sources.image_files import IMAGE_FILES
from oodflow.data.sources.layout import all_axes
from oodflow.data.tables import TABLE_FILES
from oodflow.errors import UsageError

OF_IMAGES = {
    "shape": "CxHxW", "every": "K", "mutated": "RATE", "encoder": "MODEL", "length": "L", "range": "LOW,HIGH",
    "part": "FOLDER", "skip_bad": "N", "axes": "NCHW",
}  # fmt: skip
OF_FOLDERS = ("part", "skip_bad")
OPTIONS = OF_IMAGES | selection.OPTIONS
ALL = Selection()


def own_data() -> tuple[str, ...]:
    """List what a user's own data can lie in."""
    return tuple(dict.fromkeys(("folder", *IMAGE_FILES, *TABLE_FILES)))


@dataclass(frozen=True)
class Spec:
    """A parsed name of data: ``kind`` is a registered name, or what a user's own data lies in, with a ``path``.

    Attributes:
        shape: what images are brought to; none: as they are.
        every: of which rows and columns each is kept, to make images small as one does who does not smooth; none: all.
        mutated: the probability with which a value is replaced by noise; none: as they are.
        encoder: a folder, or the name of a model, that makes vectors of images; none: they stay images.
        length: what the vectors are brought to; none: as the encoder gives them.
        table: what is read of a table.
        range: the numbers of a user's own images that are black and white; none: what they tell of themselves.
        part: the folder in a folder that alone is read, such as ``test/scratch``; none: all.
        skip_bad: how many pictures of a folder may be left out, for they can't be read; none: none.
        axes: what the axes of a user's own array of images are, a letter each; none: what their lengths tell.
    """

    kind: str
    path: str
    shape: Shape | None = None
    every: int | None = None
    mutated: float | None = None
    encoder: str | None = None
    length: float | None = None
    table: Selection = ALL
    range: PixelRange | None = None
    part: str | None = None
    skip_bad: int | None = None
    axes: str = ""

    @property
    def of_images(self) -> list[str]:
        """Names of the options that it has of images."""
        return [name for name in OF_IMAGES if getattr(self, name) not in (None, "")]


def parse(spec: str, names: Collection[str]) -> Spec:
    """Read a spec; ``names`` are the registered data sets.

    Example:
        >>> read = parse("cifar10?shape=1x28x28&mutated=0.2", ["cifar10"])
        >>> read.kind, read.shape, read.mutated
        ('cifar10', (1, 28, 28), 0.2)
        >>> read = parse("csv:my tables/train.csv?columns=age,weight", ["cifar10"])
        >>> read.kind, read.path, read.table.columns
        ('csv', 'my tables/train.csv', ('age', 'weight'))
    """
    where, options = _split(spec)
    of_table = {name: value for name, value in options.items() if name in selection.OPTIONS}
    try:
        table = Selection.of(of_table)
    except UsageError as error:
        raise UsageError(f"data set {spec!r}: {error}") from error
    shape = parse_shape(options["shape"]) if "shape" in options else None
    every = parse_every(options["every"]) if "every" in options else None
    rate = parse_rate(options["mutated"]) if "mutated" in options else None
    encoder = parse_encoder(options["encoder"]) if "encoder" in options else None
    length = parse_length(options["length"]) if "length" in options else None
    if length is not None and encoder is None:
        raise UsageError(f"data set {spec!r} has a length and no encoder that gives vectors: write encoder=MODEL, too.")
    limits = parse_range(options["range"]) if "range" in options else None
    part = parse_part(options["part"]) if "part" in options else None
    skip_bad = parse_number(options["skip_bad"]) if "skip_bad" in options else None
    axes = parse_axes(options["axes"]) if "axes" in options else ""
    kind, colon, path = where.partition(":")
    if kind.lower() != "folder" and (foreign := [name for name in OF_FOLDERS if name in options]):
        raise UsageError(f"data set {spec!r}: {foreign[0]} is an option of folder:PATH alone: leave it out.")
    if axes and kind.lower() not in IMAGE_FILES:
        raise UsageError(f"data set {spec!r}: axes is an option of {', '.join(IMAGE_FILES)}:PATH: leave it out.")
    if colon and kind.lower() in own_data():
        if not path:
            raise UsageError(f"data set {spec!r} names no path: write {kind}:PATH.")
        return Spec(kind.lower(), path, shape, every, rate, encoder, length, table, limits, part, skip_bad, axes)
    name = require_name("data set", where, names, (f"{kind}:PATH" for kind in own_data()))
    if limits is not None:
        raise UsageError(f"data set {spec!r}: {name} is of bytes, of which black and white are known: leave range out.")
    return Spec(name, "", shape, every, rate, encoder, length, table)


def parse_shape(text: str) -> Shape:
    """Read a shape.

    Example:
        >>> parse_shape("3x32x32")
        (3, 32, 32)
    """
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)x([1-9]\d*)", text, re.ASCII)
    if not match:
        raise UsageError(f"shape {text!r} is not CxHxW: write channels, height and width, such as 3x32x32.")
    if len(text) > 24 or prod(map(int, match.groups())) > LARGEST:
        raise UsageError(f"shape {text[:24]} is of more than {LARGEST:,} numbers an image: write a smaller one.")
    channels, height, width = map(int, match.groups())
    return channels, height, width


def parse_axes(text: str) -> str:
    """Read what axes are.

    Example:
        >>> parse_axes("nhwc"), parse_axes("HWN")
        ('NHWC', 'HWN')
    """
    if text.upper() not in all_axes():
        raise UsageError(
            f"axes {text!r} are none: write a letter for each axis, of N (images), C (channels), H and W, such as NHWC."
        )
    return text.upper()


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


def parse_part(text: str) -> str:
    """Read a folder in a folder; ``%26`` is an ``&`` in its name, ``%3F`` a ``?`` and ``%25`` a ``%``.

    Example:
        >>> parse_part("test/scratch")
        'test/scratch'
    """
    if not text:
        raise UsageError("part is empty: write a folder in the folder, such as part=test/scratch.")
    return unquote(text)


def parse_number(text: str) -> int:
    """Read how many pictures may be left out.

    Example:
        >>> parse_number("10")
        10
    """
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise UsageError(f"skip_bad {text!r} is no number of pictures: write a whole number, such as skip_bad=10.")
    return int(text)


def parse_encoder(text: str) -> str:
    """Read an encoder's folder or name; ``%26`` is an ``&`` in it, ``%3F`` a ``?`` and ``%25`` a ``%``.

    Example:
        >>> parse_encoder("models/q%26a")
        'models/q&a'
    """
    if not text:
        raise UsageError("encoder is empty: write a folder or the name of a model, such as encoder=models/mobilenet.")
    return unquote(text)


def parse_length(text: str) -> float:
    """Read the length that vectors are brought to.

    Example:
        >>> parse_length("1")
        1.0
    """
    length = float(text) if re.fullmatch(r"\d*\.?\d+", text, re.ASCII) else 0.0
    if not length > 0:
        raise UsageError(f"length {text!r} is none: write a number above 0, such as length=1.")
    return length


def with_encoder(spec: str, encoder: str) -> str:
    """Write a spec of images with an encoder that makes vectors of them.

    Example:
        >>> with_encoder("cifar10", "models/mobilenet"), with_encoder("mnist?shape=3x32x32", "q&a")
        ('cifar10?encoder=models/mobilenet', 'mnist?shape=3x32x32&encoder=q%26a')
    """
    where, options = _split(spec)
    return _joined(where, options | {"encoder": re.sub("[%&?]", lambda one: quote(one[0]), encoder)})


def without_encoder(spec: str) -> tuple[str, str]:
    """Part a spec into that of the images, and what makes vectors of them; empty where they stay images.

    Example:
        >>> without_encoder("svhn?shape=3x8x8&encoder=models/mobilenet&length=1"), without_encoder("svhn")
        (('svhn?shape=3x8x8', 'encoder=models/mobilenet&length=1'), ('svhn', ''))
    """
    where, options = _split(spec)
    of_vectors = {name: value for name, value in options.items() if name in ("encoder", "length")}
    rest = {name: value for name, value in options.items() if name not in of_vectors}
    return (_joined(where, rest) if rest else where), _written(of_vectors)


def with_shape(spec: str, shape: str) -> str:
    """Write a spec with another shape, and its other options as they are.

    Example:
        >>> with_shape("mnist", "CxHxW"), with_shape("mnist?mutated=0.2", "3x32x32")
        ('mnist?shape=CxHxW', 'mnist?shape=3x32x32&mutated=0.2')
    """
    where, options = _split(spec)
    return _joined(where, {"shape": ""} | options | {"shape": shape})


def path_of(spec: str) -> str:
    """Tell the path of a user's own data; empty for a set by name.

    Example:
        >>> path_of("folder:my photos?shape=3x8x8"), path_of("mnist?shape=1x8x8")
        ('my photos', '')
    """
    kind, _, path = _split(spec)[0].partition(":")
    return path if kind in own_data() else ""


def with_path(spec: str, path: str) -> str:
    """Write a spec of a user's own data with another path, and its options as they are.

    Example:
        >>> with_path("folder:photos?shape=3x8x8&skip_bad=2", "/data/photos")
        'folder:/data/photos?shape=3x8x8&skip_bad=2'
    """
    where, options = _split(spec)
    moved = f"{where.partition(':')[0]}:{path}"
    return _joined(moved, options) if options else moved


def _joined(where: str, options: Mapping[str, str]) -> str:
    return f"{where}?{_written(options)}"


def _written(options: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in options.items())


def _split(spec: str) -> tuple[str, dict[str, str]]:
    """Cut the options off."""
    where, mark, query = spec.rpartition("?")
    if not mark or "=" not in query:  # a path may hold a question mark of its own
        return spec, {}
    options: dict[str, str] = {}
    for option in query.split("&"):
        name, _, value = option.partition("=")
        if name not in OPTIONS:
            images, tables = (
                ", ".join(f"?{known}={form}" for known, form in some.items()) for some in (OF_IMAGES, selection.OPTIONS)
            )
            raise UsageError(
                f"data set {spec!r}: the options are {images} of images and {tables} of tables, joined by &, but "
                f"?{name}= came."
            )
        if name in options:
            raise UsageError(f"data set {spec!r} has {name} twice: leave one of them out.")
        options[name] = value
    return where, options
