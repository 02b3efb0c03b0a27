"""8-bit images."""

import math
from math import prod
from typing import Literal

import torch
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.errors import UsageError
from oodflow.flows.dequantisation import (
    AnyDequantisationConfig,
    Dequantisation,
    Uniform,
    UniformConfig,
    dequantise,
    quantise,
)
from oodflow.flows.domains.domain import Domain, DomainConfig, checked_shape
from oodflow.flows.noise import Seed, noise_of


class Images(Domain):
    r"""8-bit images: uint8 ``[B, C, H, W]`` to :math:`v = (x + u) / 256` in [0, 1).

    What that adds to the log-probability is :math:`-D \log 256 - \log q(u \mid x)`; with uniform dequantisation the
    second term is 0.

    Args:
        shape: ``(C, H, W)``.
        dequantisation: :math:`q`; uniform unless told otherwise.

    Attributes:
        constant: :math:`-D \log 256`.

    Example:
        >>> values, added = Images((1, 2, 2)).enter(torch.zeros(3, 1, 2, 2, dtype=torch.uint8), None, 0, torch.float32)
        >>> bool((values < 1 / 256).all()), round(added / math.log(256), 6)
        (True, -4.0)
    """

    kind = "images"
    is_images = True

    def __init__(self, shape: Shape, *, dequantisation: Dequantisation | None = None) -> None:
        super().__init__()
        self.shape = checked_shape(shape)
        if len(self.shape) != 3:
            raise UsageError(
                f"8-bit images have shape (channels, height, width) but {self.shape} came: real tensors, vectors among "
                f"them, are Reals({self.shape}), in a configuration domain=reals."
            )
        self.dequantisation = Uniform() if dequantisation is None else dequantisation
        self.constant = -prod(self.shape) * math.log(256)

    def require(self, x: Tensor) -> None:
        """Uint8 of this shape."""
        if tuple(x.shape[1:]) != self.shape or x.dtype != torch.uint8:
            expected = ", ".join(str(n) for n in self.shape)
            raise UsageError(
                f"x must be uint8 images [B, {expected}] with values 0 to 255 but is {x.dtype} {list(x.shape)}."
            )

    def enter(self, x: Tensor, noise: Tensor | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, Tensor | float]:
        """Dequantise."""
        self.require(x)
        if noise is None:
            noise = noise_of(x, seed)
        if noise.shape != x.shape:
            raise UsageError(f"noise must have x's shape {list(x.shape)} but has {list(noise.shape)}.")
        u, log_q = self.dequantisation(x, noise.to(x.device, dtype))
        return dequantise(x, u), self.constant - log_q

    def leave(self, values: Tensor) -> Tensor:
        """Quantise: to uint8."""
        return quantise(values)


class ImagesConfig(DomainConfig):
    """8-bit images.

    Attributes:
        dequantisation: where in their cells the pixels go.
    """

    is_images = True
    kind: Literal["images"] = "images"
    dequantisation: AnyDequantisationConfig = UniformConfig()

    @property
    def description(self) -> str:
        """Its dequantisation."""
        return self.dequantisation.description

    def build(self, shape: Shape) -> Images:
        """Build it."""
        return Images(shape, dequantisation=self.dequantisation.build(shape))
