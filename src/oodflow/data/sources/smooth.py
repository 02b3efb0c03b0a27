"""Smooth: random colours that change slowly over the image."""

from types import MappingProxyType

import numpy as np

from oodflow.data.fit import fit
from oodflow.data.image_set import Images, Shape
from oodflow.data.source import BuiltIn
from oodflow.data.sources.drawing import PARTS, generator

GRID = 4  # random colours along each side


class Smooth(BuiltIn):
    """A grid of 4 x 4 random colours, enlarged bicubically."""

    name = "smooth"
    description = "random colours that change slowly: a 4 x 4 grid, enlarged"
    licence = "none needed: made by oodflow"
    shape = (1, 16, 16)
    parts = MappingProxyType(PARTS)

    def images(self, part: str, shape: Shape) -> Images:
        """Draw the part."""
        grids = generator("smooth", part).integers(0, 256, (PARTS[part], shape[0], GRID, GRID), dtype=np.uint8)
        return fit(grids, shape, bicubic=True)
