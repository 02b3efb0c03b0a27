"""The distribution of the latents."""

import math
from abc import ABC, abstractmethod
from typing import Annotated, Literal

import torch
from pydantic import SerializeAsAny
from torch import Tensor, nn

from oodflow.config import Component
from oodflow.flows.noise import Seed, standard_normals
from oodflow.registry import ChosenFrom, Registry


class Prior(nn.Module, ABC):
    """A density of flat latents ``z [B, D]`` whose entries are independent of each other.

    It may have parameters; they are trained and saved with the flow. ``oodflow.testing.check_prior`` is the contract.

    Args:
        dims: :math:`D`.
    """

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.dims = dims

    @abstractmethod
    def log_prob_each(self, z: Tensor) -> Tensor:
        """Log-density of each number on its own, in nats: ``z [B, D]`` to ``[B, D]``."""

    def log_prob(self, z: Tensor) -> Tensor:
        """Log-density of the latents, the sum of :meth:`log_prob_each`: ``z [B, D]`` to ``[B]``."""
        return self.log_prob_each(z).sum(1)

    @abstractmethod
    def sample(self, n: int, *, seed: Seed = 0, temperature: float = 1.0) -> Tensor:
        """Draw ``[n, D]``, the first rows of which do not depend on ``n``.

        Args:
            n: how many.
            seed: a number, or a generator, which may live on another device.
            temperature: factor of the standard deviation; at 0 all are the mode.
        """

    def extra_repr(self) -> str:
        """Show how many numbers it is for."""
        return str(self.dims)


class StandardNormal(Prior):
    r"""Independent standard normals: :math:`\log p(z) = -\tfrac12 \sum_d (z_d^2 + \log 2\pi)`.

    Args:
        dims: :math:`D`.

    Example:
        >>> StandardNormal(2).log_prob(torch.zeros(1, 2))
        tensor([-1.8379])
    """

    def log_prob_each(self, z: Tensor) -> Tensor:
        """Log-density of each number: ``z [B, D]`` to ``[B, D]``."""
        return -0.5 * (z.square() + math.log(2 * math.pi))

    def log_prob(self, z: Tensor) -> Tensor:
        """Log-density in nats: ``z [B, D]`` to ``[B]``."""
        return -0.5 * (z.square().sum(1) + self.dims * math.log(2 * math.pi))

    def sample(self, n: int, *, seed: Seed = 0, temperature: float = 1.0) -> Tensor:
        """Draw ``[n, D]`` with standard deviation ``temperature``, on the generator's device."""
        return temperature * standard_normals(n, self.dims, seed)


class DiagonalNormal(Prior):
    r"""Independent normals with learned means and deviations; the standard normal before training.

    .. math:: \log p(z) = -\tfrac12 \sum_d \bigl[e^{-2 s_d} (z_d - \mu_d)^2 + 2 s_d + \log 2\pi\bigr]

    Args:
        dims: :math:`D`.
    """

    def __init__(self, dims: int) -> None:
        super().__init__(dims)
        self.mean = nn.Parameter(torch.zeros(dims))
        self.log_scale = nn.Parameter(torch.zeros(dims))

    def log_prob_each(self, z: Tensor) -> Tensor:
        """Log-density of each number: ``z [B, D]`` to ``[B, D]``."""
        standard = (z - self.mean) * torch.exp(-self.log_scale)
        return -0.5 * (standard.square() + math.log(2 * math.pi)) - self.log_scale

    def sample(self, n: int, *, seed: Seed = 0, temperature: float = 1.0) -> Tensor:
        """Draw ``[n, D]`` with ``temperature`` times the deviation, on the prior's device."""
        standard = standard_normals(n, self.dims, seed).to(self.mean)
        return self.mean + temperature * torch.exp(self.log_scale) * standard


class PriorConfig(Component):
    """Settings of a prior, and how to build it."""

    @property
    def description(self) -> str:
        """What a table should say of it."""
        return f"a {self.kind} prior"

    @abstractmethod
    def build(self, dims: int) -> Prior:
        """Build it for latents ``[B, dims]``."""


class StandardNormalConfig(PriorConfig):
    """Standard normal latents, as every flow of the paper has them."""

    kind: Literal["standard-normal"] = "standard-normal"

    def build(self, dims: int) -> StandardNormal:
        """Build it."""
        return StandardNormal(dims)


class DiagonalNormalConfig(PriorConfig):
    """Normal latents whose means and deviations are learned."""

    kind: Literal["diagonal-normal"] = "diagonal-normal"

    def build(self, dims: int) -> DiagonalNormal:
        """Build it."""
        return DiagonalNormal(dims)


PRIORS: Registry[type[PriorConfig]] = Registry(
    "prior", "oodflow.priors", {"diagonal-normal": DiagonalNormalConfig, "standard-normal": StandardNormalConfig}
)

AnyPriorConfig = Annotated[SerializeAsAny[PriorConfig], ChosenFrom(PRIORS)]
"""Settings of any registered prior."""
