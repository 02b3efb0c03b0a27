"""How steep and how curved the log-density is at an image."""

from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.func import grad, vjp

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.flows import Flow, image_generators
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.continuous import AT_ONCE, derivatives, entered, log_squared_norm, sum_of_log_densities
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic


class Curvature(Statistic):
    r"""Squared gradient of the log-density by the image, as a logarithm, and trace of its Hessian, ``[N, 2]``.

    .. math:: \log \bigl\| \nabla_v \log p(v) \bigr\|^2, \qquad
              \frac1K \sum_{k=1}^{K} w_k^\top \nabla_v^2 \log p(v)\, w_k \approx \operatorname{tr} \nabla_v^2 \log p(v)

    at what the bijection takes, dequantised pixels v in [0, 1] or the numbers of a vector, with :math:`w_k` signs that
    are a function of (seed, draw, the image). The trace is in nats by the square of v's unit; the estimate is unbiased,
    with a variance of twice the sum of the squares of what is off the Hessian's diagonal, over K. Of a
    network with ReLUs it is what there is between their kinks: where the gradient jumps there is no second derivative.

    Attributes:
        probes: K.

    Reference:
        Hutchinson (1990), "A stochastic estimator of the trace of the influence matrix for Laplacian smoothing
        splines", Communications in Statistics 19.

    Example:
        >>> from oodflow.testing.observations import example
        >>> example("test")[Curvature()].shape
        (32, 2)
    """

    kind: Literal["curvature"] = "curvature"
    quantity: ClassVar[str] = "derivative of the log-density"
    probes: int = Field(1, ge=1)

    def compute(self, batch: Batch) -> Array:
        """Compute both, [n, 2]."""
        gradient = grad(sum_of_log_densities(batch.model))

        def of_some(values: Tensor, probes: Tensor) -> Tensor:
            slope, times_hessian = vjp(gradient, values)[:2]
            products = [probe * times_hessian(probe)[0] for probe in probes.unbind(1)]
            traces = torch.stack([one.flatten(1).double().sum(1) for one in products])
            return torch.stack([log_squared_norm(slope), traces.mean(0)], 1)

        with derivatives():
            values = entered(batch)
            parts = (torch.split(one, AT_ONCE) for one in (values, self._probes(batch).to(values)))
            return numbers(torch.cat([of_some(*part) for part in zip(*parts, strict=True)]))

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(2,)``."""
        return (2,)

    def random(self, model: Density | None, data: DataSet) -> bool:
        """Tell whether it depends on the draw: under any flow, for the signs do."""
        return isinstance(model, Flow)

    def _probes(self, batch: Batch) -> Tensor:
        """Draw the signs of each image, ``[n, K, *shape]``."""
        shape = (self.probes, *batch.data.shape[1:])
        generators = image_generators(batch.data, batch.seed, batch.draw, "signs")
        return torch.from_numpy(np.stack([2 * each.integers(0, 2, shape) - 1 for each in generators]))
