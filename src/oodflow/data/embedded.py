"""Images as an encoder sees them: vectors that are computed once, in pieces, and kept."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch

from oodflow.data import cache as kept
from oodflow.data.image_set import CHUNK_BYTES, Images, ImageSet
from oodflow.data.mapped import map_npy
from oodflow.data.real_set import Reals, RealSet
from oodflow.encoders import BLOCK, Encoder, open_encoder, why_not
from oodflow.errors import OodflowError, UsageError
from oodflow.files import written_atomically

PIECE = 1024  # images whose vectors are written together: what is lost when the computation is stopped

Progress = Callable[[int, int], None]
"""Called with (images done, images in all)."""


@dataclass(frozen=True)
class Embedded:
    """The vectors of a set of images.

    Attributes:
        vectors: what an encoder makes of the images, in their order and with their split and note; memory-mapped.
        path: where they are kept.
        computed: how many were not there yet.
        seconds: how long all took.
    """

    vectors: RealSet
    path: Path
    computed: int
    seconds: float


def embed(
    images: ImageSet,
    encoder: str,
    *,
    cache: Path | None = None,
    device: torch.device | None = None,
    block: int = BLOCK,
    progress: Progress | None = None,
) -> Embedded:
    """Compute what an encoder makes of images, or open what was computed before.

    Vectors are found again by the fingerprints of the encoder, which knows its weights and what images are made into
    for it, and of the images. They are written in pieces as they come, so that a computation that was stopped goes on
    where it was. An image's vector depends on nothing but the image; with another ``block``, or on another device, its
    last digits may be others.

    Args:
        images: N of them, grey or RGB.
        encoder: a folder, or the name of a model; see :func:`oodflow.encoders.open_encoder`.
        cache: where to keep them; ``$OODFLOW_CACHE`` or the user's cache directory by default.
        device: where to compute them; a GPU if there is one.
        block: images that go through the encoder at once.
        progress: called after each piece.

    Raises:
        UsageError: for images that no encoder takes.
        OodflowError: there is no such encoder, it does not work, or nothing can be written.

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> folder = getfixture("tmp_path")
        >>> encoder, images = save_encoder(folder / "encoder"), ImageSet.from_array(np.zeros((5, 3, 8, 8), np.uint8))
        >>> embed(images, encoder, cache=folder).vectors.shape
        (8,)
        >>> embed(images, encoder, cache=folder).computed
        0
    """
    if reason := why_not(images.name, images.shape):
        raise UsageError(f"{images.name} can't be embedded: {reason}.")
    begun, model = time.monotonic(), open_encoder(encoder)
    origin: kept.Origin = [["encoder", model.fingerprint], ["images", images.fingerprint]]
    path = kept.entry(kept.cache_dir(cache), Path(model.fingerprint), "embedded", images.fingerprint)
    found, computed = kept.recall(path, origin), 0
    if found is None:
        pieces = _Pieces(images, path.with_suffix(".pieces"))
        computed = pieces.compute(model, device, block, progress)
        found = kept.recall(path, origin) or kept.store(path, origin, pieces.all(), lambda _: images.note)
        pieces.remove()
    vectors = RealSet(images.name, images.split, found.array, images.note)
    return Embedded(vectors, path, computed, time.monotonic() - begun)


class _Pieces:
    """Vectors in files of a folder: each is there whole or not at all, whoever else computes the same."""

    def __init__(self, images: ImageSet, folder: Path) -> None:
        self._images, self._folder = images, folder
        self._rows = [slice(row, min(row + PIECE, len(images))) for row in range(0, len(images), PIECE)]

    def compute(self, encoder: Encoder, device: torch.device | None, block: int, progress: Progress | None) -> int:
        """Compute those that are not there, and tell how many vectors that were."""
        computed = 0
        for rows in self._rows:
            if self._open(rows) is None:
                vectors = np.concatenate([encoder.embed(some, device, block) for some in self._some(rows, block)])
                with written_atomically(self._file(rows)) as temporary, temporary.open("wb") as file:
                    np.save(file, vectors, allow_pickle=False)
                computed += len(vectors)
            if progress is not None:
                progress(rows.stop, len(self._images))
        return computed

    def all(self) -> Iterator[Reals]:
        """Open one after the other."""
        return (np.load(self._file(rows), allow_pickle=False) for rows in self._rows)

    def remove(self) -> None:
        """Remove them."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _some(self, rows: slice, block: int) -> Iterator[Images]:
        """Read the images of a piece in whole blocks, a few megabytes at a time: they may be large."""
        step = block * max(1, CHUNK_BYTES // (block * prod(self._images.shape)))
        starts = range(rows.start, rows.stop, step)
        return (self._images.batch(slice(start, min(start + step, rows.stop))) for start in starts)

    def _file(self, rows: slice) -> Path:
        return self._folder / f"{rows.start}.npy"

    def _open(self, rows: slice) -> Reals | None:
        with suppress(OodflowError):  # not there, or damaged: compute it
            piece: Reals = map_npy(self._file(rows))
            return piece if len(piece) == rows.stop - rows.start else None
        return None
