"""Open a split of a data set by its spec."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from oodflow.data import cache as decoded
from oodflow.data import found
from oodflow.data.dealt import dealt_rows
from oodflow.data.image_set import Images, ImageSet, Shape, content_digest, in_chunks
from oodflow.data.mutated import MutatedImageSet
from oodflow.data.naming import canonical, read_spec, source_of
from oodflow.data.real_set import RealSet
from oodflow.data.root import data_root
from oodflow.data.scaled import ScaledSet
from oodflow.data.source import ImageSource, Source, TableSource
from oodflow.data.splits import part_of
from oodflow.errors import OodflowError, UsageError


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
    parsed = read_spec(spec)
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
    if encoder := read_spec(spec).encoder:
        raise UsageError(f"the data set {spec} holds vectors, and images are needed here: leave encoder={encoder} out.")
    images = load(spec, split, root=root)
    if not isinstance(images, ImageSet):
        raise UsageError(f"the data set {spec} holds rows of numbers {images.shape}, and images are needed here.")
    return images


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
