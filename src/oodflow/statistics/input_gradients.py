"""How steep the log-density is around an image, near and farther away."""

from typing import ClassVar, Literal

import torch
from torch.func import grad

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.continuous import AT_ONCE, derivatives, entered, log_squared_norm, sum_of_log_densities
from oodflow.statistics.model import Density
from oodflow.statistics.perturbation import WithNoise, perturbed
from oodflow.statistics.statistic import Array


class InputGradients(WithNoise):
    r"""Logarithm of the norm of the gradient of the log-density by the image, with noise of several sizes, ``[N, K]``.

    .. math:: \log \bigl\| \nabla_v \log p(v + \sigma_k \varepsilon_k) \bigr\|, \qquad
              \sigma_k = \frac{\sigma_1}{256} \Bigl(\frac{\sigma_K}{\sigma_1}\Bigr)^{\frac{k - 1}{K - 1}}

    at what the bijection takes, dequantised pixels v in [0, 1] or the numbers of a vector, with
    :math:`\varepsilon_k` normal, independent of each other, and a function of (seed, draw, the image). Flows know
    nothing of what lies outside of [0, 1]: pixels that the noise carries out are reflected at 0 and 1. The gradient is
    by v: what an image's way in adds does not count, and of standardised or whitened vectors it is by what these are
    brought to, not in their own units.

    Attributes:
        levels: K.
        smallest: :math:`\sigma_1`, in grey levels, which are 1/256 of v's unit: of a vector's own, of standardised ones
            a deviation of the training data, of whitened ones a deviation along an axis.
        largest: :math:`\sigma_K`, in the same unit; of a single level the smallest is taken.

    Reference:
        Mahmood, Oliva, Styner (2021), "Multiscale score matching for out-of-distribution detection",
        arXiv:2010.13132: there a network learns the gradient of data with noise of ten sizes; here the gradient is that
        of a flow that has learned data without.

    Example:
        >>> from oodflow.testing.observations import example
        >>> example("test")[InputGradients(levels=3)].shape
        (32, 3)
    """

    kind: Literal["input_gradients"] = "input_gradients"
    quantity: ClassVar[str] = "norm of a gradient"

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, K]."""
        gradient = grad(sum_of_log_densities(batch.model))
        with derivatives():
            values = entered(batch)
            normals = torch.from_numpy(self.normals(batch, "normals", self.levels)).unbind(1)
            noises = ((sigma * part).to(values) for sigma, part in zip(self.sigmas, normals, strict=True))
            levels = (perturbed(batch.model, values, noise) for noise in noises)
            parts = (torch.split(one, AT_ONCE) for one in levels)
            norms = [torch.cat([log_squared_norm(gradient(part)) for part in level]) for level in parts]
            return numbers(torch.stack(norms, 1) / 2)

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(K,)``."""
        return (self.levels,)
