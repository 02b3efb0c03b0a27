"""The part of the log-probability that the latents have."""

from math import prod
from typing import ClassVar, Literal

import torch

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.flows import Flow
from oodflow.gradients import inference
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic


class LogProbZ(Statistic):
    r"""Log-density of the latents under the prior, in nats, whole or for the latents of each scale.

    .. math:: \log p_Z(z) = \sum_i \log p_Z(z_i)

    with :math:`z_i` the latents that leave after scale i, the last of all at the end.

    Attributes:
        by_scale: ``[N, scales]`` instead of ``[N]``; a flow that lets no latents leave early has one scale.

    Reference:
        Dinh, Sohl-Dickstein, Bengio, 2017, section 3.6, arXiv:1605.08803.
    """

    kind: Literal["log_prob_z"] = "log_prob_z"
    quantity: ClassVar[str] = "log-density of latents"
    by_scale: bool = False

    def compute(self, batch: Batch) -> Array:
        """Compute log p(z), [n], or log p(z_i), [n, scales], in nats."""
        if not self.by_scale:
            return numbers(batch.terms.log_prob_z)
        with inference():
            each = batch.model.prior.log_prob_each(batch.terms.z)
            parts = torch.split(each, _sizes(batch.model), 1)
            return numbers(torch.stack([part.sum(1) for part in parts], 1))

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(scales,)`` by scale."""
        return (len(_sizes(model)),) if self.by_scale and isinstance(model, Flow) else ()


def _sizes(flow: Flow) -> list[int]:
    """Count the latents of each scale."""
    return [prod(shape) for shape in flow.bijection.latent_shapes(flow.shape)]
