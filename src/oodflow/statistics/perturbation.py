"""Noise of several sizes upon what a bijection takes."""

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from oodflow.data import DataSet
from oodflow.flows import Flow, image_generators
from oodflow.statistics.batch import Batch
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic


def noise_sizes(smallest: float, largest: float, levels: int) -> Array:
    r"""Spread sizes of noise geometrically, ``[K]`` in the unit of what the bijection takes.

    .. math:: \sigma_k = \frac{\sigma_1}{256} \Bigl(\frac{\sigma_K}{\sigma_1}\Bigr)^{\frac{k - 1}{K - 1}}

    Args:
        smallest: :math:`\sigma_1`, in grey levels.
        largest: :math:`\sigma_K`, in the same unit.
        levels: K; of a single one the smallest is taken.

    Example:
        >>> (256 * noise_sizes(1, 64, 4)).round(6).tolist()
        [1.0, 4.0, 16.0, 64.0]
    """
    return np.asarray(np.geomspace(smallest, largest, levels) / 256)


class WithNoise(Statistic):
    """A statistic of an image with noise of several sizes upon it.

    Attributes:
        levels: how many sizes.
        smallest: of them, in grey levels, which are 1/256 of the unit of what the bijection takes, of vectors too.
        largest: of them, in the same unit; of a single level the smallest is taken.
    """

    levels: int = Field(7, ge=1)
    smallest: float = Field(1.0, gt=0)
    largest: float = Field(64.0, gt=0)

    @property
    def sigmas(self) -> Array:
        """The sizes in the unit of what the bijection takes, ``[levels]``."""
        return noise_sizes(self.smallest, self.largest, self.levels)

    def random(self, model: Density | None, data: DataSet) -> bool:
        """Tell whether it depends on the draw: under any flow, for the noise does."""
        return isinstance(model, Flow)

    @staticmethod
    def normals(batch: Batch, stream: str, *sizes: int) -> Array:
        """Draw normal noise for each image, ``[n, *sizes, *shape]``, a function of (seed, draw, stream, the image)."""
        shape = (*sizes, *batch.data.shape[1:])
        generators = image_generators(batch.data, batch.seed, batch.draw, stream)
        return np.stack([each.standard_normal(shape) for each in generators])


def perturbed(flow: Flow, values: Tensor, noise: Tensor) -> Tensor:
    """Add noise to what a flow's bijection takes, ``[n, *shape]``.

    Flows over images know nothing of what lies outside of [0, 1]: pixels that the noise carries out are reflected.
    """
    return reflected(values + noise) if flow.domain.is_images else values + noise


def reflected(values: Tensor) -> Tensor:
    """Reflect numbers at 0 and 1 until they lie between; what does already is left alone.

    Example:
        >>> reflected(torch.tensor([-0.25, 0.75, 1.25, 2.25]))
        tensor([0.2500, 0.7500, 0.7500, 0.2500])
    """
    folded = values.abs().remainder(2)
    return torch.minimum(folded, 2 - folded)
