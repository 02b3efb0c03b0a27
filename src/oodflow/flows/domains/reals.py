"""Real tensors, taken as they are."""

from typing import Literal

import torch
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.errors import UsageError
from oodflow.flows.domains.domain import Domain, DomainConfig, checked_shape
from oodflow.flows.noise import Seed


class Reals(Domain):
    """Real tensors of any shape, taken as they are: vectors ``(D,)``, feature maps ``(C, H, W)``.

    There is nothing to dequantise and no constant: ``log_prob`` is a density. Noise is not used.

    Args:
        shape: of one tensor, without batch.
    """

    kind = "reals"
    constant = 0.0

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = checked_shape(shape)

    def require(self, x: Tensor) -> None:
        """Floats of this shape."""
        if tuple(x.shape[1:]) != self.shape or not x.is_floating_point():
            expected = ", ".join(str(n) for n in self.shape)
            raise UsageError(f"x must be floats [B, {expected}] but is {x.dtype} {list(x.shape)}.")

    def enter(self, x: Tensor, noise: Tensor | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, Tensor | float]:
        """Convert to the flow's dtype."""
        self.require(x)
        return x.to(dtype), self.constant

    def leave(self, values: Tensor) -> Tensor:
        """Leave them as they are."""
        return values


class RealsConfig(DomainConfig):
    """Real tensors of any shape."""

    kind: Literal["reals"] = "reals"

    def build(self, shape: Shape) -> Reals:
        """Build it."""
        return Reals(shape)
