"""How alike neighbouring latents are."""

from math import prod
from typing import ClassVar, Literal

import torch
from torch import Tensor

from oodflow.data import DataSet
from oodflow.gradients import inference
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic


class LatentNeighbours(Statistic):
    r"""Correlation of latents with those to their right and below, ``[N]``.

    .. math:: \rho(x) = \frac{\operatorname{mean} (z_{chw} - \bar z)\,(z_{c'h'w'} - \bar z)}{\operatorname{mean}
              (z - \bar z)^2} \quad\text{over neighbours } (c' = c,\ |h - h'| + |w - w'| = 1)

    in each scale, pooled over all. A flow that has explained an image leaves latents that don't know of each other.

    Reference:
        Zhang et al., 2022, "Kullback–Leibler divergence-based out-of-distribution detection with flow-based generative
        models", arXiv 2002.03328 (dependence between the latents of neighbouring pixels).
    """

    kind: Literal["latent_neighbours"] = "latent_neighbours"
    images_only: ClassVar[bool] = True
    quantity: ClassVar[str] = "correlation of neighbouring latents"

    def compute(self, batch: Batch) -> Array:
        """Compute the correlation, [n]."""
        with inference():
            z = batch.terms.z.flatten(1).double()
            z = z - z.mean(1, keepdim=True)
            shapes = batch.model.bijection.latent_shapes(batch.model.shape)
            parts = torch.split(z, [prod(shape) for shape in shapes], 1)
            products = torch.cat([_products(p.reshape(-1, *shape)) for p, shape in zip(parts, shapes, strict=True)], 1)
            return numbers(products.mean(1) / z.square().mean(1).clamp_min(torch.finfo(z.dtype).tiny))

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse images of a single pixel, which has no neighbour."""
        reason = super().why_not(model, data)
        return reason or (None if prod(data.shape[1:]) > 1 else "an image of one pixel has no neighbours")


def _products(z: Tensor) -> Tensor:
    """Multiply each of ``z [n, C, H, W]`` with its right and its lower neighbour, ``[n, pairs]``."""
    if z.dim() < 4:
        return z.new_empty(len(z), 0)
    return torch.cat([(z[..., 1:] * z[..., :-1]).flatten(1), (z[..., 1:, :] * z[..., :-1, :]).flatten(1)], 1)
