"""Flat: one random colour per image, the simplest images there are."""

from types import MappingProxyType

import numpy as np

from oodflow.data.image_set import Images, Shape
from oodflow.data.source import BuiltIn
from oodflow.data.sources.drawing import PARTS, generator


class Flat(BuiltIn):
    """Images of a single colour, drawn uniformly."""

    name = "flat"
    description = "one random colour per image"
    licence = "none needed: made by oodflow"
    shape = (1, 16, 16)
    parts = MappingProxyType(PARTS)

    def images(self, part: str, shape: Shape) -> Images:
        """Draw the part."""
        channels, height, width = shape
        colours = generator("flat", part).integers(0, 256, (PARTS[part], channels, 1, 1), dtype=np.uint8)
        return np.ascontiguousarray(np.broadcast_to(colours, (PARTS[part], channels, height, width)))
