"""What the name of a data set stands for, and which names stand for the same."""

from math import ceil
from pathlib import Path

from oodflow.data import found
from oodflow.data import spec as specs
from oodflow.data.root import data_root
from oodflow.data.selection import Selection
from oodflow.data.source import AnySource, TableSource
from oodflow.data.sources import SOURCES
from oodflow.data.sources.folder import Folder
from oodflow.data.sources.image_files import IMAGE_FILES, holds_table
from oodflow.data.sources.table import OwnTable
from oodflow.data.splits import SPLITS, has_split, part_of
from oodflow.data.tables import TABLE_FILES
from oodflow.errors import UsageError
from oodflow.files import path_of


def named(spec: str) -> AnySource:
    """Find the source that a spec names, of a user's own data too; errors as :func:`load`."""
    return source_of(read_spec(spec))


def is_own(spec: str) -> bool:
    """Tell whether a spec names a user's own data, which may be or hold anything; no file is looked at.

    Example:
        >>> is_own("folder:photos"), is_own("mnist?shape=1x8x8")
        (True, False)
    """
    parsed = read_spec(spec)
    return bool(parsed.path) or SOURCES[parsed.kind].own


def source_of(spec: specs.Spec, cache: Path | None = None) -> AnySource:
    """Find the source that a spec names, and see that the spec's options are its.

    Raises:
        UsageError: for options of tables with images, and the other way round.
    """
    source = _source(spec, cache)
    if isinstance(source, TableSource):
        if spec.of_images:
            axes = ", or save images as [N,H,W] or [N,C,H,W]" if spec.kind in IMAGE_FILES else ""
            raise UsageError(
                f"{source.name} is a table, and {', '.join(spec.of_images)} an option of images: leave it out{axes}."
            )
    elif others := [option for option in spec.table.used if option not in source.options]:
        raise UsageError(f"{source.name} is images, and {', '.join(others)} an option of tables: leave it out.")
    return source


def _source(spec: specs.Spec, cache: Path | None) -> AnySource:
    path = _absolute(spec.path)
    match spec.kind:
        case "folder":
            return Folder(path, spec.range, spec.part, spec.skip_bad or 0, cache)
        case kind if kind in IMAGE_FILES and not holds_table(kind, path, spec.axes, spec.table.array):
            return IMAGE_FILES[kind](path, spec.range, spec.axes, spec.table.array)
        case kind if kind in TABLE_FILES:
            return OwnTable(kind, path, spec.table)
    source = SOURCES[spec.kind]
    return source.selecting(spec.table) if isinstance(source, TableSource) else source


def shape_of(spec: str) -> tuple[int, ...]:
    """Tell the shape of a data set's images or rows without reading them; of a table its file is looked at.

    Raises:
        UsageError: when only all files together know it.

    Example:
        >>> shape_of("cifar10"), shape_of("cifar10?shape=1x28x28"), shape_of("celeba?shape=3x64x63&every=2")
        ((3, 32, 32), (1, 28, 28), (3, 32, 32))
    """
    parsed = read_spec(spec)
    source = source_of(parsed)
    if isinstance(source, TableSource):
        return (source.width(data_root()),)
    shape = parsed.shape or source.shape
    if shape is None:
        raise UsageError(f"the shape of {spec} is known only when it is read: write {specs.with_shape(spec, 'CxHxW')}.")
    channels, *sides = shape
    thinned = channels, *(ceil(side / (parsed.every or 1)) for side in sides)
    if parsed.encoder is None:
        return thinned
    from oodflow.encoders import fingerprint, width  # they take torch with them

    return (width(parsed.encoder, fingerprint(parsed.encoder), thinned),)


def splits_of(spec: str) -> tuple[str, ...]:
    """Tell which of ``train``, ``calibration`` and ``test`` a data set has; whether it is on disk is not looked at.

    Example:
        >>> splits_of("cifar10"), splits_of("digits")
        (('train', 'calibration', 'test'), ('test',))
    """
    source = source_of(read_spec(spec))
    return tuple(split for split in SPLITS if has_split(split, source.parts))


def share_part(spec: str, *splits: str) -> bool:
    """Tell whether splits of a data set are dealt out of one part, so that a changed part may change all of them.

    Example:
        >>> share_part("mnist", "train", "calibration"), share_part("mnist", "train", "test")
        (True, False)
    """
    source = source_of(read_spec(spec))
    return len({part_of(source.name, split, source.parts) for split in splits}) == 1


def specs_of(text: str) -> list[str]:
    """Cut a list of specs at its commas, but for those between names in the options of a table.

    Example:
        >>> specs_of("mnist,csv:x.csv?columns=age,size&label=y,flat?shape=1x8x8")
        ['mnist', 'csv:x.csv?columns=age,size&label=y', 'flat?shape=1x8x8']
    """
    cut: list[str] = []
    for piece in text.split(","):
        where = piece.partition("?")[0]
        begins = found.same_name(where, SOURCES) or where.partition(":")[0].lower() in specs.own_data()
        if cut and "?" in cut[-1] and not begins:
            cut[-1] += f",{piece}"
        else:
            cut.append(piece)
    return cut


def canonical(spec: str) -> str:
    """Write the name of a data set in the registered way; a path, and a name that there is not, stay as they are.

    Example:
        >>> canonical("Fashion-MNIST?shape=3x32x32"), canonical("CIFAR10"), canonical("NPY:X.npy")
        ('fashion_mnist?shape=3x32x32', 'cifar10', 'npy:X.npy')
    """
    where, mark, options = spec.partition("?")
    kind, colon, path = where.partition(":")
    own = f"{kind.lower()}:{path}" if colon and kind.lower() in specs.own_data() else where
    return f"{found.same_name(where, SOURCES) or own}{mark}{options}"


def same_images(spec: str, other: str) -> bool:
    """Tell whether two specs name the same data, be it in another shape, as an encoder sees it, or by another way of
    writing a path.

    Images that are mutated, or are so at another rate, are others; so are rows of other classes. No file is looked at.

    Example:
        >>> same_images("cifar10", "cifar10?shape=1x28x28"), same_images("npy:a.npy", "npy:./a.npy")
        (True, True)
        >>> same_images("npy:a.npy", "npy:b.npy"), same_images("folder:digits", "digits")
        (False, False)
        >>> same_images("mnist", "mnist?encoder=models/mobilenet")
        True
        >>> same_images("mnist", "mnist?mutated=0.2"), same_images("mnist?mutated=0.20", "mnist?mutated=0.2")
        (False, True)
        >>> same_images("npz:a.npz?class=0", "npz:a.npz?class=1"), same_images("npz:a.npz?class=0", "npz:a.npz")
        (False, True)
    """
    return same_set(spec, other) and read_spec(spec).mutated == read_spec(other).mutated


def same_set(spec: str, other: str) -> bool:
    """Tell whether two specs name data of one set, mutated or not; otherwise as :func:`same_images`.

    Example:
        >>> same_set("mnist", "mnist?mutated=0.2"), same_set("mnist", "fashion_mnist")
        (True, False)
    """
    one, two = read_spec(spec), read_spec(other)
    same = (one.kind, _absolute(one.path), one.part) == (two.kind, _absolute(two.path), two.part)
    return same and _rows(one).shares_rows(_rows(two))


def _rows(spec: specs.Spec) -> Selection:
    """What of a table a spec names, its classes by one name each."""
    source = None if spec.path else SOURCES[spec.kind]
    return source.named(spec.table) if isinstance(source, TableSource) else spec.table


def read_spec(spec: str) -> specs.Spec:
    """Read a spec, whose names are those of the registered data sets."""
    return specs.parse(spec, SOURCES)


def _absolute(path: str) -> Path:
    return path_of(path or ".").absolute()
