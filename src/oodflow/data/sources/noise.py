"""Noise: every value on its own, all equally likely."""

from types import MappingProxyType

import numpy as np

from oodflow.data.image_set import Images, Shape
from oodflow.data.source import BuiltIn
from oodflow.data.sources.drawing import PARTS, generator


class Noise(BuiltIn):
    """Uniform bytes, independent of each other."""

    name = "noise"
    description = "independent uniform noise in every pixel and channel"
    licence = "none needed: made by oodflow"
    shape = (1, 16, 16)
    parts = MappingProxyType(PARTS)

    def images(self, part: str, shape: Shape) -> Images:
        """Draw the part."""
        return generator("noise", part).integers(0, 256, (PARTS[part], *shape), dtype=np.uint8)
