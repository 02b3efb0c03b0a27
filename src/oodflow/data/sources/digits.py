"""Digits: small handwritten digits that come with scikit-learn, white on black."""

from types import MappingProxyType

import numpy as np

from oodflow.data.fit import fit
from oodflow.data.image_set import Images, Shape
from oodflow.data.source import BuiltIn


class Digits(BuiltIn):
    """The 1,797 digits of the UCI test set, 8 x 8 in 17 grey levels, enlarged bicubically. For testing only."""

    name = "digits"
    description = "handwritten digits of 8 x 8 that come with scikit-learn (Alpaydin, Kaynak 1998)"
    licence = "CC BY 4.0"
    shape = (1, 16, 16)
    parts = MappingProxyType({"test": 1_797})

    def images(self, part: str, shape: Shape) -> Images:
        """All digits, at the wanted shape."""
        from sklearn.datasets import load_digits

        grey = np.rint(load_digits().images * (255 / 16)).astype(np.uint8)  # levels 0 to 16
        return fit(grey[:, None], shape, bicubic=True)


class FramedDigits(Digits):
    """The same, 20/28 as high and as wide as the black images in whose middle they lie, as MNIST has its digits."""

    name = "framed_digits"
    description = "the same digits in the middle of 28 x 28, as MNIST's lie (Alpaydin, Kaynak 1998)"
    shape = (1, 28, 28)

    def images(self, part: str, shape: Shape) -> Images:
        """All digits, in frames of the wanted shape."""
        channels, *sides = shape
        height, width = (max(1, side * 20 // 28) for side in sides)
        free = (sides[0] - height, sides[1] - width)
        margins = [(space // 2, space - space // 2) for space in free]
        return np.pad(super().images(part, (channels, height, width)), [(0, 0), (0, 0), *margins])
