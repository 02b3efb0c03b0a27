"""Photographs: patches of the two colour photographs that come with scikit-learn.

Each photograph is divided into square tiles, and the tiles are dealt at random to the parts. Patches are cut inside
tiles only, so no pixel is in two parts, and all parts show the same two scenes.
"""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from oodflow.data.fit import with_channels
from oodflow.data.image_set import Images, Rows, Shape
from oodflow.data.source import BuiltIn
from oodflow.data.sources.drawing import generator
from oodflow.errors import UsageError

TILE = 64  # pixels; a photograph of 427 x 640 has 6 x 10 whole ones
ROWS, COLUMNS = 6, 10
TILES = {"train": 40, "calibration": 10, "test": 10}  # of the 60 tiles of each photograph
PATCHES = {"train": 40_000, "calibration": 2_000, "test": 2_000}
NOTE = "overlapping patches of two pictures: intervals are too narrow"
STEP = 4_000  # patches cut at a time


@dataclass(frozen=True)
class Cuts:
    """Where patches are cut: number of the photograph, first row and first column of each, int64 ``[n]``."""

    photograph: Rows
    top: Rows
    left: Rows


class Photographs(BuiltIn):
    """Random patches of a Chinese temple and of a flower, in pixel-disjoint parts."""

    name = "photographs"
    description = "random patches of the two photographs that come with scikit-learn"
    licence = "CC BY 2.0 (china.jpg: danielbuechele, flower.jpg: vultilion, both on flickr.com)"
    shape = (1, 16, 16)
    parts = MappingProxyType(PATCHES)

    def note(self, part: str, root: Path) -> str:
        """Warn of intervals over patches that are anything but independent; there are none over the train part."""
        return "" if part == "train" else NOTE

    def images(self, part: str, shape: Shape) -> Images:
        """Cut the patches of a part out of the photographs."""
        from sklearn.datasets import load_sample_images

        channels, *size = shape
        where = cuts(part, shape)
        pictures = np.stack(load_sample_images().images)
        windows = np.lib.stride_tricks.sliding_window_view(pictures, size, axis=(1, 2))
        steps = (slice(start, start + STEP) for start in range(0, PATCHES[part], STEP))
        patches = (windows[where.photograph[at], where.top[at], where.left[at]] for at in steps)
        return np.concatenate([with_channels(patch, channels) for patch in patches])


def cuts(part: str, shape: Shape) -> Cuts:
    """Draw the places of the patches of a part, without repeating one as long as there are enough.

    Example:
        >>> where = cuts("test", (3, 16, 16))
        >>> len(where.top), int(where.top.max() + 16) <= 6 * TILE
        (2000, True)
    """
    _, height, width = shape
    if max(height, width) > TILE:
        raise UsageError(
            f"photographs has patches of at most {TILE} x {TILE}, but ?shape={'x'.join(map(str, shape))} came."
        )
    tiles = _tiles(part)
    places = (len(tiles), TILE - height + 1, TILE - width + 1)
    count, available = PATCHES[part], int(np.prod(places))
    drawn = generator("photographs", part).choice(available, count, replace=count > available)
    tile, down, right = np.unravel_index(drawn, places)
    photograph, row, column = tiles[tile].T
    return Cuts(photograph, row * TILE + down, column * TILE + right)


def _tiles(part: str) -> Rows:
    """Tiles dealt to a part: photograph, row and column of each, ``[n,3]``; as many of either photograph."""
    rng = generator("photographs", "tiles")
    end = dict(zip(TILES, np.cumsum(list(TILES.values())), strict=True))[part]
    decks = (rng.permutation(ROWS * COLUMNS)[end - TILES[part] : end] for _ in range(2))
    return np.array([(photograph, *divmod(tile, COLUMNS)) for photograph, deck in enumerate(decks) for tile in deck])
