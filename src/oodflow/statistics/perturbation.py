"""Noise of several sizes upon what a bijection takes."""

import numpy as np
import torch
from torch import Tensor

from oodflow.flows import Flow
from oodflow.statistics.statistic import Array


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
