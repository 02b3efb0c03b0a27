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
