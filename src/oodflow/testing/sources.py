"""The contract of a source, as a test that anyone can run on a source of their own."""

import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np

from oodflow.data import SPLITS, AnySource, ImageSet, ImageSource, Shape, Source, TableSource, data_root, in_order
from oodflow.data.image_set import content_digest
from oodflow.data.load import missing, open_split
from oodflow.data.splits import part_of
from oodflow.errors import OodflowError
from oodflow.testing.tables import check_table

_SHAPES: tuple[Shape, ...] = ((1, 12, 10), (3, 9, 14))  # grey and colour, and never square: a swapped axis shows


def check_source(source: AnySource, root: Path | None = None) -> None:
    """Test that a source keeps its contract.

    It describes itself; every part that is on disk decodes to uint8 [n,C,H,W] of its own shape and of any wanted one,
    twice to the same pixels, and every part of a table as :func:`~oodflow.testing.tables.check_table` says; it
    counts what it decodes and no more than it says there is; its splits have no row in common; what is not on disk it
    reports as missing.

    Args:
        source: the source; at least one of its parts must be there.
        root: where data sets lie; see :func:`oodflow.data.data_root`.

    Raises:
        AssertionError: with the clause that does not hold.
        OodflowError: no part is there.

    Example:
        >>> from oodflow.data import SOURCES
        >>> check_source(SOURCES["flat"])
    """
    root = data_root(root)
    _check_description(source)
    present = [part for part in source.parts if source.built_in or source.files(part, root)]
    if not present:
        raise missing(source, ", ".join(source.parts), root)
    _check_missing(source)
    if isinstance(source, TableSource):
        check_table(source, root, _splits(source, present))
        return
    with tempfile.TemporaryDirectory() as cache:
        opened = {split: open_split(source, split, root=root, cache=Path(cache)) for split in _splits(source, present)}
        for images in opened.values():
            _check_images(source, images)
            _check_same(images, open_split(source, images.split, root=root, cache=Path(cache)))
        _check_disjoint(source, opened)
        for part, images in {part_of(source.name, split, source.parts): opened[split] for split in opened}.items():
            _check_part(source, part, root, images)
            _check_shapes(source, part, root)


def _check_description(source: Source) -> None:
    for attribute in ("name", "description", "licence"):
        assert getattr(source, attribute), f"a source has a {attribute}"
    assert source.parts, "a source has parts"
    strange = set(source.parts) - {*SPLITS, "all"}
    assert not strange, f"parts are called train, calibration, test or all, not {strange}"
    for remote in source.downloads:
        assert remote.checksum.partition(":")[0] in ("md5", "sha256"), f"{remote.url} has a checksum md5:… or sha256:…"
        assert not Path(remote.path).is_absolute(), f"{remote.path} is relative to the data root"
    own = source.shape is None
    assert source.own or source.built_in or not (own and isinstance(source, ImageSource)), (
        "a source whose images' shape only the files know is a user's own: set own"
    )
    assert own or source.built_in or source.downloads or source.by_hand, "a source says where its files come from"


def _splits(source: Source, present: list[str]) -> list[str]:
    """The splits that can be opened with what is on disk."""
    possible = []
    for split in SPLITS:
        try:
            part = part_of(source.name, split, source.parts)
        except OodflowError:
            continue
        if part in present:
            possible.append(split)
    return possible


def _check_images(source: ImageSource, images: ImageSet) -> None:
    where = f"{source.name} ({images.split})"
    assert source.shape in (None, images.shape), f"{where} has shape {images.shape}, not {source.shape}"
    first = images.batch(slice(0, 100))
    assert first.dtype == np.uint8, f"{where} holds uint8, not {first.dtype}"
    assert first.min() < first.max() or len(images) == 1, f"{where}: the images are not all of one value"
    assert sum(len(batch) for batch in in_order(images, 1000)) == len(images), f"{where} is as long as it says"


def _check_disjoint(source: Source, opened: dict[str, ImageSet]) -> None:
    for one, other in combinations(opened.values(), 2):
        splits = f"{source.name}: {one.split} and {other.split}"
        assert one.fingerprint != other.fingerprint, f"{splits} are different images"
        if one.content == other.content:  # dealt from the same part
            assert not np.intersect1d(one.rows, other.rows).size, f"{splits} have no row in common"


def _check_same(images: ImageSet, again: ImageSet) -> None:
    assert again.fingerprint == images.fingerprint, f"{images.name} ({images.split}) opened twice is the same"
    assert np.array_equal(again.rows, images.rows), f"{images.name} ({images.split}) is dealt the same way twice"


def _check_part(source: ImageSource, part: str, root: Path, images: ImageSet) -> None:
    where = f"{source.name} ({part})"
    content = content_digest(images.shape, source.chunks(part, root, source.shape))
    assert content == images.content, f"{where} decodes twice to the same pixels"
    count, decoded, official = source.count(part, root), len(images.array), source.parts[part]
    assert count == decoded, f"{where} counts {count} images and decodes {decoded}"
    assert official is None or count <= official, f"{where} has {count} images, officially {official}"


def _check_shapes(source: ImageSource, part: str, root: Path) -> None:
    for shape in _SHAPES:
        chunk = next(source.chunks(part, root, shape))
        came = f"{chunk.dtype} {list(chunk.shape)}"
        assert chunk.dtype == np.uint8, f"{source.name} ({part}) yields uint8, not {came}"
        assert chunk.shape[1:] == shape, f"{source.name} ({part}) yields [n,*{shape}] when asked for it, not {came}"


def _check_missing(source: Source) -> None:
    if source.built_in or source.shape is None:  # made, or at a place of the user's own
        return
    with tempfile.TemporaryDirectory() as empty:
        for part in source.parts:
            here = [file for file in source.files(part, Path(empty)) if file.is_relative_to(empty)]
            assert not here, f"{source.name} ({part}) has no files in an empty folder"
