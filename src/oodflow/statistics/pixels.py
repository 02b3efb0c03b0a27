"""The pixels, and what is simplest to say of them."""

from typing import ClassVar, Literal

import numpy as np

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.statistics.batch import Batch
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Needs, Statistic


class Pixels(Statistic):
    """The data itself, flat: pixels from 0 to 255 or the numbers of a vector, ``[N, D]``; it is not stored.

    Pixels are float32; numbers that are float64 stay so, for they may be larger than any of float32.
    """

    kind: Literal["pixels"] = "pixels"
    needs: ClassVar[Needs] = "data"
    stored: ClassVar[bool] = False
    quantity: ClassVar[str] = "pixel"

    def compute(self, batch: Batch) -> Array:
        """Flatten it, [n, D]."""
        return batch.data.reshape(len(batch), -1).astype(np.result_type(batch.data, np.float32))

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(D,)``."""
        return (int(np.prod(data.shape)),)


class PixelMoments(Statistic):
    """Mean and standard deviation of the pixels of an image, ``[N, 2]``: its brightness and its contrast."""

    kind: Literal["pixel_moments"] = "pixel_moments"
    needs: ClassVar[Needs] = "data"
    images_only: ClassVar[bool] = True
    quantity: ClassVar[str] = "moment of its pixels"

    def compute(self, batch: Batch) -> Array:
        """Compute both, [n, 2]."""
        pixels = batch.data.reshape(len(batch), -1).astype(np.float64)
        return np.stack([pixels.mean(1), pixels.std(1)], 1)

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(2,)``."""
        return (2,)
