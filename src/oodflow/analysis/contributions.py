"""Where a likelihood comes from: prior and log-determinant, scale by scale and pixel by pixel."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oodflow.analysis.walk import BATCH, Visit, Walk, in_batches
from oodflow.bijections import ActNorm, Conditioned, Gaussianise, Logit
from oodflow.flows import Flow
from oodflow.metrics import Estimate, bits_per_dim, difference

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contributions:
    r"""The parts of the log-probability of images, in nats.

    .. math:: \log P(x) = \sum_{\text{scales}} \log p(z_i) + \sum_{\text{scales}} \log|\det_i|
              + \log|\det_{\text{in}}| + c

    Attributes:
        prior: :math:`\log p(z_i)` of the latents that leave at each scale, ``[N, scales]``.
        log_det: of the layers of each scale, ``[N, scales]``.
        entrance: of the logit and anything else before the scales, with :math:`c`, which is :math:`-D \log 256` and
            less :math:`\log q(u \mid x)` where dequantisation is not uniform, ``[N]``.
    """

    prior: Floats
    log_det: Floats
    entrance: Floats

    @property
    def log_prob(self) -> Floats:
        """The sum of all parts, ``[N]``."""
        return np.asarray(self.prior.sum(1) + self.log_det.sum(1) + self.entrance)

    def named(self) -> dict[str, Floats]:
        """Name the parts, each ``[N]``, in the order in which the flow goes through them."""
        parts = {"logit and 8 bits": self.entrance}
        for scale in range(self.prior.shape[1]):
            parts[f"log-det, scale {scale + 1}"] = self.log_det[:, scale]
            parts[f"log p(z), scale {scale + 1}"] = self.prior[:, scale]
        return parts


@dataclass(frozen=True)
class GapPart:
    """A part of the log-probability of two sets, means over images in bits per dimension: positive is likelier.

    Attributes:
        name: of the part.
        inside: of the in-distribution set.
        outside: of the other.
        difference: of the other's over the first's.
    """

    name: str
    inside: float
    outside: float
    difference: Estimate


def gap(inside: Contributions, outside: Contributions, dims: int, *, seed: int = 0) -> list[GapPart]:
    r"""Take the gap between the mean log-probabilities of two sets apart.

    Args:
        inside: of the in-distribution set.
        outside: of the other.
        dims: :math:`D = CHW`.
        seed: of the bootstrap; the images of the sets are drawn each by themselves.

    Returns:
        The parts in the order in which the flow goes through them, and last ``all``, which they add up to.
    """
    sides = [side.named() | {"all": side.log_prob} for side in (inside, outside)]
    parts = []
    for name in sides[0]:
        here, there = (-bits_per_dim(side[name], dims) for side in sides)
        parts.append(GapPart(name, float(here.mean()), float(there.mean()), difference(here, there, seed=seed)))
    return parts


def contributions(flow: Flow, images: NDArray[np.uint8], *, seed: int = 0, batch_size: int = BATCH) -> Contributions:
    """Take the log-probability of images apart.

    Args:
        flow: a flow over images; it is left as it was.
        images: uint8 ``[N, C, H, W]``.
        seed: of the dequantisation noise.
        batch_size: images at once.

    Raises:
        UsageError: for a flow over anything but 8-bit images, and images of another shape.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), equation 1, arXiv:2006.08545.

    Example:
        >>> from oodflow.flows import GlowConfig
        >>> flow = GlowConfig(scales=2, steps=1, width=2).build((1, 4, 4)).eval()
        >>> parts = contributions(flow, np.zeros((3, 1, 4, 4), np.uint8))
        >>> parts.prior.shape, parts.log_prob.shape
        ((3, 2), (3,))
    """
    walk = Walk(flow)
    rows = [_of_batch(walk, batch, seed) for batch in in_batches(images, batch_size)]
    return Contributions(*(np.concatenate(parts) for parts in zip(*rows, strict=True)))


def contribution_maps(flow: Flow, images: NDArray[np.uint8], *, seed: int = 0) -> tuple[Floats, Floats]:
    r"""Spread the log-probability of images over their pixels.

    The log-determinant of a coupling belongs to what it scales, as that of an autoregressive layer, that of an
    elementwise one to each number; an invertible convolution's is spread evenly. :math:`-D \log 256` is left out.

    Args:
        flow: a flow over images; it is left as it was.
        images: uint8 ``[N, C, H, W]``; all in one batch.
        seed: of the dequantisation noise.

    Returns:
        ``log p(z)`` and the log-determinant of each pixel, in nats, ``[N, C, H, W]`` each.

    Raises:
        UsageError: for a flow over anything but 8-bit images, and images of another shape.
    """
    walk = Walk(flow)
    log_det = torch.zeros(len(images), walk.flow.dims, dtype=torch.float64, device=walk.flow.device)

    def look(visit: Visit) -> None:
        log_det[:, visit.place.pixels] += log_det_shares(visit)

    z, _ = walk(images, look, seed=seed)
    return log_densities(walk, z).cpu().numpy(), log_det.reshape(z.shape).cpu().numpy()


@torch.no_grad()
def log_densities(walk: Walk, z: Tensor) -> Tensor:
    """The prior's log-density of each latent, where it is in the image: ``[B, C, H, W]`` to the same."""
    return walk.in_image_space(walk.flow.prior.log_prob_each(z.flatten(1)[:, walk.latents]))


def log_det_shares(visit: Visit) -> Tensor:
    """Share a layer's log-determinants out to the numbers of its input, ``[B, n]``; the sum of a row is the image's."""
    match visit.place.layer:
        case Conditioned():
            return visit.log_scale
        case Logit() | ActNorm() | Gaussianise():
            return _elementwise(visit)
        case _:
            shares = visit.log_det[:, None] / visit.inputs[0].numel()
            return shares.expand(-1, visit.inputs[0].numel()).reshape(visit.x.shape)


def _elementwise(visit: Visit) -> Tensor:
    """The logarithm of each number's own derivative."""
    with torch.enable_grad():
        x = visit.inputs.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(visit.place.layer.forward(x)[0].sum(), x)
    return slopes.abs().log().reshape(visit.x.shape)


def _of_batch(walk: Walk, images: NDArray[np.uint8], seed: int) -> tuple[Floats, Floats, Floats]:
    scales = int(walk.scales.max()) + 1
    log_det = torch.zeros(len(images), scales, dtype=torch.float64, device=walk.flow.device)
    x = torch.from_numpy(images).to(walk.flow.device)
    entrance = torch.zeros(len(images), dtype=torch.float64, device=x.device)
    entrance += walk.flow.domain.enter(x, None, seed, torch.float64)[1]

    def look(visit: Visit) -> None:
        total = visit.log_det.reshape(len(images), -1).sum(1)
        if visit.place.scale is None or isinstance(visit.place.layer, Logit):
            entrance.add_(total)
        else:
            log_det[:, visit.place.scale] += total

    z, _ = walk(images, look, seed=seed)
    density = log_densities(walk, z).flatten(1)
    prior = torch.stack([density[:, walk.scales == scale].sum(1) for scale in range(scales)], 1)
    return prior.cpu().numpy(), log_det.cpu().numpy(), entrance.cpu().numpy()
