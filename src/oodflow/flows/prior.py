"""The distribution of the latents."""

import math

import torch
from torch import Tensor, nn


class StandardNormal(nn.Module):
    r"""Independent standard normals: :math:`\log p(z) = -\tfrac12 \sum_d (z_d^2 + \log 2\pi)`.

    Args:
        dims: :math:`D`.

    Example:
        >>> StandardNormal(2).log_prob(torch.zeros(1, 2))
        tensor([-1.8379])
    """

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.dims = dims

    def log_prob(self, z: Tensor) -> Tensor:
        """Log-density in nats: ``z [B, D]`` to ``[B]``."""
        return -0.5 * (z.square().sum(1) + self.dims * math.log(2 * math.pi))

    def log_prob_each(self, z: Tensor) -> Tensor:
        """Log-density of each latent in nats, ``[B, D]`` to ``[B, D]``: they are independent, and this sums up."""
        return -0.5 * (z.square() + math.log(2 * math.pi))

    def sample(self, n: int, *, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Draw ``[n, D]`` with standard deviation ``temperature``, on the generator's device."""
        return temperature * torch.randn(n, self.dims, generator=generator, device=generator.device)
