"""Open a split of a data set by its spec."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np

from oodflow.data import cache as decoded
from oodflow.data import found
from oodflow.data import spec as specs
from oodflow.data.dealt import dealt_rows
from oodflow.data.image_set import Images, ImageSet, Shape, content_digest, in_chunks
from oodflow.data.mutated import MutatedImageSet
from oodflow.data.real_set import RealSet
from oodflow.data.scaled import ScaledSet
from oodflow.data.selection import Selection
from oodflow.data.source import AnySource, ImageSource, Source, TableSource
from oodflow.data.sources import SOURCES
from oodflow.data.sources.folder import Folder
from oodflow.data.sources.image_files import IMAGE_FILES, holds_table
from oodflow.data.sources.table import OwnTable
from oodflow.data.splits import SPLITS, has_split, part_of
from oodflow.data.tables import TABLE_FILES
from oodflow.errors import OodflowError, UsageError
from oodflow.files import path_of


def load(spec: str, split: str, *, root: Path | None = None, cache: Path | None = None) -> ImageSet | RealSet:
    """Open a split of a data set, decoding it on first use.

    Args:
        spec: ``NAME``, ``folder:PATH``, ``npy:``, ``npz:``, ``mat:`` or ``idx:PATH`` of images, or ``csv:``,
            ``parquet:``, ``npz:`` or ``npy:PATH`` of a table, each with options behind ``?``, joined by ``&``. Of a
            folder: ``part=FOLDER`` and ``skip_bad=N``, see :class:`~oodflow.data.sources.folder.Folder`. Of images:
            ``shape=CxHxW``, ``every=K`` for each K-th row and column of that, ``mutated=RATE``, see
            :func:`~oodflow.data.mutated.mutated`, and ``encoder=MODEL`` for what an outside model makes of them, see
            :func:`~oodflow.data.embedded.embed`, which may take a while the first time, with ``length=L`` at that
            length, see :class:`~oodflow.data.scaled.ScaledSet`. Of tables: see
            :class:`~oodflow.data.selection.Selection`. An array of two axes in ``npy:`` or ``npz:`` is a table, unless
            ``axes=`` says that it is an image; see :class:`~oodflow.data.sources.layout.Layout`.
        split: ``train``, ``calibration``, ``test``, ``train+calibration`` or ``all``; see :mod:`oodflow.data.splits`.
        root: where data sets lie; see :func:`data_root`.
        cache: where decoded images are kept; ``$OODFLOW_CACHE`` or the user's cache directory by default.

    Returns:
        8-bit images, or the rows of a table or the vectors of an encoder.

    Raises:
        UsageError: the spec or the split cannot be right.
        OodflowError: the data is missing, truncated or corrupt; nothing is downloaded here.

    Example:
        >>> images = load("flat?shape=1x4x4", "test")
        >>> images.shape, images.batch([0]).std().item()
        ((1, 4, 4), 0.0)
    """
    for what, given in (("spec", spec), ("split", split)):
        if not isinstance(given, str):
            raise UsageError(f"{what} is a {type(given).__name__}: expected a string, as in load('mnist', 'test').")
    spec = canonical(spec)
    parsed = _parsed(spec)
    source = source_of(parsed, cache)
    if isinstance(source, TableSource):
        return replace(open_table(source, split, root=root, cache=cache), name=spec)
    opened = open_split(source, split, shape=parsed.shape, root=root, cache=cache)
    named = replace(_thinned(opened, parsed.every), name=spec)
    images = named if parsed.mutated is None else MutatedImageSet.of(named, parsed.mutated)
    if parsed.encoder is None:
        return images
    from oodflow.data.embedded import embed  # it takes torch with it

    vectors = embed(images, parsed.encoder, cache=cache).vectors
    return vectors if parsed.length is None else ScaledSet.of(vectors, parsed.length)


def load_images(spec: str, split: str, *, root: Path | None = None) -> ImageSet:
    """Open a split of images, as :func:`load`, and refuse anything else."""
    if encoder := _parsed(spec).encoder:
        raise UsageError(f"the data set {spec} holds vectors, and images are needed here: leave encoder={encoder} out.")
    images = load(spec, split, root=root)
    if not isinstance(images, ImageSet):
        raise UsageError(f"the data set {spec} holds rows of numbers {images.shape}, and images are needed here.")
    return images


def splits_of(spec: str) -> tuple[str, ...]:
    """Tell which of ``train``, ``calibration`` and ``test`` a data set has; whether it is on disk is not looked at.

    Example:
        >>> splits_of("cifar10"), splits_of("digits")
        (('train', 'calibration', 'test'), ('test',))
    """
    source = source_of(_parsed(spec))
    return tuple(split for split in SPLITS if has_split(split, source.parts))


def share_part(spec: str, *splits: str) -> bool:
    """Tell whether splits of a data set are dealt out of one part, so that a changed part may change all of them.

    Example:
        >>> share_part("mnist", "train", "calibration"), share_part("mnist", "train", "test")
        (True, False)
    """
    source = source_of(_parsed(spec))
    return len({part_of(source.name, split, source.parts) for split in splits}) == 1


def _thinned(images: ImageSet, every: int | None) -> ImageSet:
    """Keep each so manieth row and column; none: all."""
    if every is None:
        return images
    content = hashlib.sha256(f"{images.content} every {every}".encode()).hexdigest()
    return replace(images, array=images.array[:, :, ::every, ::every], content=content)


def open_split(
    source: ImageSource, split: str, *, shape: Shape | None = None, root: Path | None = None, cache: Path | None = None
) -> ImageSet:
    """Open a split of any source of images, registered or not; otherwise as :func:`load`."""
    root = data_root(root)
    part = part_of(source.name, split, source.parts)
    whole = _decode(source, part, root, shape or source.shape, cache)
    native = shape in (None, source.shape)
    rows = dealt_rows(source, split, part, whole.array, native=native, root=root, cache=cache)
    note = "; ".join(filter(None, [whole.note, source.taken(part, root)]))
    return ImageSet(source.name, split, whole.array, rows, whole.content, note)


def open_table(source: TableSource, split: str, *, root: Path | None = None, cache: Path | None = None) -> RealSet:
    """Open a split of any source of rows, registered or not; otherwise as :func:`load`."""
    root = data_root(root)
    part = part_of(source.name, split, source.parts)
    whole = _read(source, part, root, cache)
    rows = dealt_rows(source, split, part, whole.array, native=True, root=root, cache=cache)
    return RealSet(source.name, split, whole.array, whole.note, source.columns(part, root), rows)


def data_root(explicit: Path | None = None) -> Path:
    """Where data sets lie: ``explicit``, else ``$OODFLOW_DATA``, else the user's cache directory."""
    if explicit is not None:
        return path_of(explicit, "root")
    if path := os.environ.get("OODFLOW_DATA"):
        return path_of(path, "$OODFLOW_DATA")
    import pooch

    return Path(pooch.os_cache("oodflow")) / "data"


def named(spec: str) -> AnySource:
    """Find the source that a spec names, of a user's own data too; errors as :func:`load`."""
    return source_of(_parsed(spec))


def is_own(spec: str) -> bool:
    """Tell whether a spec names a user's own data, which may be or hold anything; no file is looked at.

    Example:
        >>> is_own("folder:photos"), is_own("mnist?shape=1x8x8")
        (True, False)
    """
    parsed = _parsed(spec)
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
    parsed = _parsed(spec)
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
    return same_set(spec, other) and _parsed(spec).mutated == _parsed(other).mutated


def same_set(spec: str, other: str) -> bool:
    """Tell whether two specs name data of one set, mutated or not; otherwise as :func:`same_images`.

    Example:
        >>> same_set("mnist", "mnist?mutated=0.2"), same_set("mnist", "fashion_mnist")
        (True, False)
    """
    one, two = _parsed(spec), _parsed(other)
    same = (one.kind, _absolute(one.path), one.part) == (two.kind, _absolute(two.path), two.part)
    return same and _rows(one).shares_rows(_rows(two))


def _rows(spec: specs.Spec) -> Selection:
    """What of a table a spec names, its classes by one name each."""
    source = None if spec.path else SOURCES[spec.kind]
    return source.named(spec.table) if isinstance(source, TableSource) else spec.table


def missing(source: Source, part: str, root: Path) -> OodflowError:
    """Build the error for a part that is not on disk."""
    remedy = f"run `oodflow data get {source.name}`" if source.downloads else source.by_hand
    places = [place for one in source.parts if one in part.split(", ") for place in source.places(one)]
    there = f"; {found.said(root, places)}" if places else ""
    return OodflowError(
        f"{source.name} ({part}) is not in {root}: {remedy}, or pass --data-dir with where it lies{there}."
    )


def note_of(source: Source, part: str, root: Path, count: int) -> str:
    """Say what is special about this copy of a part, above all how much of it is there."""
    official = source.parts[part]
    partial = f"partial: {count:,} of {official:,} {source.unit}" if official and count < official else ""
    return "; ".join(filter(None, [partial, source.note(part, root)]))


def _parsed(spec: str) -> specs.Spec:
    return specs.parse(spec, SOURCES)


def _absolute(path: str) -> Path:
    return path_of(path or ".").absolute()


def _noted(source: Source, part: str, root: Path, count: int) -> str:
    """Build the note of a part just decoded: :func:`note_of`, and doubts about its files (these take reading them).

    Doubts are said, not raised: the pixels may be right in another container.
    """
    doubts = (doubt.replace(f"{root}{os.sep}", "").rstrip(".") for doubt in source.doubts(part, root))
    return "; ".join(filter(None, [note_of(source, part, root, count), *doubts]))


def _decode(source: ImageSource, part: str, root: Path, shape: Shape | None, cache: Path | None) -> decoded.Decoded:
    if source.built_in:  # made in a moment, and never stale this way
        images = np.concatenate(list(source.chunks(part, root, shape)))
        return decoded.Decoded(images, _digest(images), _noted(source, part, root, len(images)))
    files = source.files(part, root)
    if not files:
        raise missing(source, part, root)
    origin = decoded.origin_of(files, root)
    where = "x".join(map(str, shape)) if shape else "native"
    path = decoded.entry(decoded.cache_dir(cache), root.absolute(), source.name, part, where + source.reading)
    ready = source.in_place(part, root, shape)
    if known := decoded.recall(path, origin, ready):
        return known
    if ready is None:
        return decoded.store(path, origin, _checked(source, part, root, shape), lambda n: _noted(source, part, root, n))
    note = _noted(source, part, root, len(ready))
    content = _digest(ready)
    decoded.describe(path, origin, ready.shape, content, note)
    return decoded.Decoded(ready, content, note)


def _read(source: TableSource, part: str, root: Path, cache: Path | None) -> decoded.Decoded:
    if source.built_in:
        rows = np.concatenate(list(source.chunks(part, root)))
        return decoded.Decoded(rows, "", _noted(source, part, root, len(rows)))
    files = source.files(part, root)
    if not files:
        raise missing(source, part, root)
    origin = decoded.origin_of(files, root)
    path = decoded.entry(decoded.cache_dir(cache), root.absolute(), source.name, part, source.selection)
    return decoded.recall(path, origin) or decoded.store(
        path, origin, source.chunks(part, root), lambda n: _noted(source, part, root, n)
    )


def _digest(images: Images) -> str:
    return content_digest(images.shape[1:], in_chunks(images))


def _checked(source: ImageSource, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
    try:
        for chunk in source.chunks(part, root, shape):
            if chunk.dtype != np.uint8 or chunk.ndim != 4 or (shape and chunk.shape[1:] != shape):
                came = f"{chunk.dtype} {list(chunk.shape)}"
                raise TypeError(f"{type(source).__name__}.chunks must yield uint8 [n,*{shape}], but yields {came}.")
            if len(chunk):
                yield chunk
    except OSError as error:
        raise OodflowError(f"{source.name} cannot be read: {error}.") from error
