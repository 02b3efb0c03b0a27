"""From 8-bit pixels to continuous ones: where in its cell a pixel goes."""

from abc import ABC, abstractmethod
from typing import Annotated, Literal

import torch
from pydantic import SerializeAsAny
from torch import Tensor, nn

from oodflow.config import Component
from oodflow.registry import ChosenFrom, Registry


def dequantise(images: Tensor, u: Tensor) -> Tensor:
    r"""Put each 8-bit pixel into its cell: :math:`v = (x + u) / 256`.

    Args:
        images: :math:`x`, uint8 ``[B, C, H, W]``.
        u: where in the cell, in [0, 1), of the same shape; its dtype is the result's.
    """
    return (images.to(u.dtype) + u) / 256


def quantise(values: Tensor) -> Tensor:
    """Undo :func:`dequantise`: the uint8 image in whose cell ``values`` lie; values off the scale are clipped.

    Noise of 0 puts a value on the edge of its cell, where rounding decides. Float32 noise comes in steps of 2⁻²⁴, so
    half a step of tolerance takes such values in and keeps those just below the next cell out.
    """
    return (values * 256 + 2.0**-25).floor().clamp(0, 255).to(torch.uint8)


class Dequantisation(nn.Module, ABC):
    r"""A distribution :math:`q(u \mid x)` of the place :math:`u \in [0, 1)^D` that pixels take in their cells.

    With :math:`v = (x + u) / 256` the density of a flow bounds the probability of the integer image:

    .. math:: \log P(x) \ge \mathbb{E}_{u \sim q} \bigl[\log p(v) - D \log 256 - \log q(u \mid x)\bigr]

    All randomness comes from the caller's noise, uniform in [0, 1), which the dequantisation turns into :math:`u`; so
    one that is no longer uniform is still a function of (seed, draw, the image) in evaluation. It is a module, for it
    may have parameters; they are trained and saved with the flow. ``oodflow.testing.check_dequantisation`` is the
    contract.

    Reference:
        Theis, van den Oord, Bethge (2016), "A note on the evaluation of generative models", section 3.1,
        arXiv:1511.01844; Ho et al. (2019), "Flow++", section 3.1, arXiv:1902.00275.
    """

    @abstractmethod
    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor | float]:
        r"""Turn noise into places.

        Args:
            images: uint8 ``[B, C, H, W]``.
            noise: in [0, 1), of the same shape, in the dtype to compute in.

        Returns:
            :math:`u` of the same shape, and :math:`\log q(u \mid x)` in nats: ``[B]``, or a number for all.
        """


class Uniform(Dequantisation):
    r"""Everywhere alike: :math:`u` is the noise itself, :math:`\log q = 0`."""

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, float]:
        """Return the noise."""
        return noise, 0.0


class DequantisationConfig(Component):
    """Settings of a dequantisation, and how to build it."""

    @abstractmethod
    def build(self, shape: tuple[int, ...]) -> Dequantisation:
        """Build it for images ``(C, H, W)``."""


class UniformConfig(DequantisationConfig):
    """Uniform noise."""

    kind: Literal["uniform"] = "uniform"

    def build(self, shape: tuple[int, ...]) -> Uniform:
        """Build it; it is the same for all images."""
        return Uniform()


DEQUANTISATIONS: Registry[type[DequantisationConfig]] = Registry(
    "dequantisation", "oodflow.dequantisations", {"uniform": UniformConfig}
)

AnyDequantisationConfig = Annotated[SerializeAsAny[DequantisationConfig], ChosenFrom(DEQUANTISATIONS)]
"""Settings of any registered dequantisation."""
