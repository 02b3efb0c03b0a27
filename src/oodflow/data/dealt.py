"""Which rows of a part make a split: dealt by number, or by content where the data are a user's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data import cache as kept
from oodflow.data.content import Keys, content_keys
from oodflow.data.image_set import Rows, in_chunks
from oodflow.data.source import AnySource, TableSource
from oodflow.data.splits import SHARE, is_dealt, rows_of
from oodflow.errors import OodflowError

ENOUGH = 50  # with so many different ones a tenth is empty once in two hundred times


def dealt_rows(
    source: AnySource, split: str, part: str, array: npt.NDArray[Any], *, native: bool, root: Path, cache: Path | None
) -> Rows:
    """Number the rows of a part that make a split.

    Args:
        source: the data set.
        split: which one.
        part: that it is taken from.
        array: all images or rows of the part.
        native: whether ``array`` holds them as they lie, brought to no other shape: pixels as they lie are what is
            dealt by, so that a set is dealt alike in any shape.
        root: where data sets lie.
        cache: where decoded data are kept.

    Raises:
        OodflowError: there are too few to deal the split out of them.
    """
    by_content = source.own and is_dealt(split, part, source.parts)
    keys = _keys(source, part, array, native, root, cache) if by_content else None
    rows = rows_of(split, part, source.parts, len(array), keys)
    if not len(rows):
        raise _too_few(source, split, len(array), keys)
    return rows


def _keys(source: AnySource, part: str, array: npt.NDArray[Any], native: bool, root: Path, cache: Path | None) -> Keys:
    """Hash what a source holds, once."""
    chunks: Iterator[npt.NDArray[Any]] = in_chunks(array)
    if not native and not isinstance(source, TableSource):
        chunks = source.as_they_are(part, root)
    hashed = (content_keys(chunk) for chunk in chunks)
    if source.built_in:
        return np.concatenate(list(hashed))
    which = source.selection if isinstance(source, TableSource) else source.reading
    path = kept.entry(kept.cache_dir(cache), root.absolute(), source.name, part, "content", which)
    origin = kept.origin_of(source.files(part, root), root)
    return (kept.recall(path, origin) or kept.store(path, origin, hashed, lambda _: "")).array


def _too_few(source: AnySource, split: str, count: int, keys: Keys | None) -> OodflowError:
    if keys is None:
        return OodflowError(f"{source.name} has too few {source.unit} ({count}) to deal a {split} split out of.")
    different = len(np.unique(keys))
    alike = "" if different == count else f", of which {different:,} {'are' if different > 1 else 'is'} different"
    own_parts = "folders train, val and test in it" if source.name.startswith("folder:") else "a folder with parts"
    return OodflowError(
        f"{source.name} has too few {source.unit} ({count:,}{alike}) to deal a {split} split out of: to calibration "
        f"and test {100 * SHARE:g} % go each, by content, which takes {ENOUGH} or more: add some"
        + (f", or deal them yourself into {own_parts}." if source.unit == "images" else ".")
    )
