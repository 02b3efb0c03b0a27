"""What a flow is a distribution over: 8-bit images, or vectors of real numbers."""

import math
from abc import ABC, abstractmethod
from math import prod

import torch
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.errors import UsageError
from oodflow.flows.dequantise import dequantise, quantise


class Domain(ABC):
    """The way of data into a bijection and back.

    Attributes:
        shape: of one image or vector.
        constant: what the way in adds to the log-probability, in nats.
    """

    shape: Shape
    constant: float

    @abstractmethod
    def enter(self, x: Tensor, noise: Tensor | None, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
        """Turn data into what the bijection takes, float ``[B, *shape]``.

        Raises:
            UsageError: for data of another shape or type, and for missing noise.
        """

    @abstractmethod
    def leave(self, values: Tensor) -> Tensor:
        """Turn what the bijection's inverse gives into data."""


class Images(Domain):
    r"""8-bit images, dequantised with the caller's noise; the constant is :math:`-D \log 256`."""

    def __init__(self, shape: Shape) -> None:
        self.shape = tuple(shape)
        self.constant = -prod(shape) * math.log(256)

    def enter(self, x: Tensor, noise: Tensor | None, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
        """Dequantise: uint8 to [0, 1)."""
        if tuple(x.shape[1:]) != self.shape or x.dtype != torch.uint8:
            expected = ", ".join(str(n) for n in self.shape)
            raise UsageError(
                f"x must be uint8 images [B, {expected}] with values 0 to 255 but is {x.dtype} {list(x.shape)}."
            )
        if generator is not None and noise is None:
            # Drawn in float32 whatever the dtype: the same generator gives the same noise.
            noise = torch.rand(x.shape, generator=generator, device=generator.device)
        if noise is None:
            raise UsageError(
                "log_prob and encode need dequantisation noise: pass noise=<tensor in [0, 1) of x's shape> or "
                "generator=torch.Generator().manual_seed(0)."
            )
        if noise.shape != x.shape:
            raise UsageError(f"noise must have x's shape {list(x.shape)} but has {list(noise.shape)}.")
        return dequantise(x, noise.to(x.device, dtype))

    def leave(self, values: Tensor) -> Tensor:
        """Quantise: to uint8."""
        return quantise(values)


class Vectors(Domain):
    """Vectors of real numbers, taken as they are: there is nothing to dequantise, and noise is not used."""

    constant = 0.0

    def __init__(self, shape: Shape) -> None:
        self.shape = tuple(shape)

    def enter(self, x: Tensor, noise: Tensor | None, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
        """Convert to the flow's dtype."""
        if tuple(x.shape[1:]) != self.shape or not x.is_floating_point():
            raise UsageError(f"x must be vectors of floats [B, {self.shape[0]}] but is {x.dtype} {list(x.shape)}.")
        return x.to(dtype)

    def leave(self, values: Tensor) -> Tensor:
        """Leave them as they are."""
        return values


def domain_of(shape: Shape) -> Domain:
    """Tell the domain by the shape: ``(C, H, W)`` are 8-bit images, ``(D,)`` are vectors.

    Raises:
        UsageError: for any other number of dimensions.
    """
    match len(shape):
        case 3:
            return Images(shape)
        case 1:
            return Vectors(shape)
        case _:
            raise UsageError(f"a flow is for images (C, H, W) or vectors (D,), not for {tuple(shape)}.")
