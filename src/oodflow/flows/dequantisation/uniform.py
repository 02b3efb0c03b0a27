"""Uniform dequantisation."""

from typing import Literal

from torch import Tensor

from oodflow.flows.dequantisation.dequantisation import Dequantisation, DequantisationConfig


class UniformConfig(DequantisationConfig):
    """Uniform noise."""

    kind: Literal["uniform"] = "uniform"

    def build(self, shape: tuple[int, ...]) -> "Uniform":
        """Build it; it is the same for all images."""
        return Uniform()


class Uniform(Dequantisation):
    r"""Everywhere alike: :math:`u` is the noise itself, :math:`\log q = 0`."""

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, float]:
        """Return the noise."""
        return noise, 0.0
