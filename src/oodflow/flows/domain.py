"""What a flow is a distribution over: 8-bit images, or real tensors of any shape. It is declared, never guessed."""

import math
import operator
from abc import ABC, abstractmethod
from math import prod
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import SerializeAsAny
from torch import Tensor, nn

from oodflow.bijections import Shape
from oodflow.config import Component
from oodflow.errors import UsageError
from oodflow.flows.dequantisation import (
    AnyDequantisationConfig,
    Dequantisation,
    Uniform,
    UniformConfig,
    dequantise,
    quantise,
)
from oodflow.flows.noise import Seed, noise_of
from oodflow.registry import ChosenFrom, Registry


class Domain(nn.Module, ABC):
    """The way of data into a bijection and back.

    Attributes:
        kind: what the configuration of such a domain is called, and a file of weights says.
        is_images: whether the data are 8-bit images; only these take noise, and have pictures.
        shape: of one image or tensor, without batch.
        constant: what every datum's way in adds to its log-probability, in nats.
    """

    kind: ClassVar[str]
    is_images: ClassVar[bool] = False
    shape: Shape
    constant: float

    @abstractmethod
    def require(self, x: Tensor) -> None:
        """Refuse data of another shape or type with a ``UsageError``; values are not looked at."""

    @abstractmethod
    def enter(self, x: Tensor, noise: Tensor | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, Tensor | float]:
        """Turn data into what the bijection takes.

        Args:
            x: a batch of data on the flow's device.
            noise: uniform in [0, 1), of x's shape, where the domain uses it; none: drawn from ``seed``.
            seed: where to draw the noise from.
            dtype: to compute in.

        Returns:
            Values ``[B, *shape]``, and what this adds to the log-probability: :attr:`constant`, or ``[B]`` where it
            differs from datum to datum.

        Raises:
            UsageError: for data or noise of another shape or type.
        """

    @abstractmethod
    def leave(self, values: Tensor) -> Tensor:
        """Turn what the bijection's inverse gives into data."""

    def extra_repr(self) -> str:
        """Show the shape."""
        return str(self.shape)


class Images(Domain):
    r"""8-bit images: uint8 ``[B, C, H, W]`` to :math:`v = (x + u) / 256` in [0, 1).

    What that adds to the log-probability is :math:`-D \log 256 - \log q(u \mid x)`; with uniform dequantisation the
    second term is 0.

    Args:
        shape: ``(C, H, W)``.
        dequantisation: :math:`q`; uniform unless told otherwise.

    Example:
        >>> values, added = Images((1, 2, 2)).enter(torch.zeros(3, 1, 2, 2, dtype=torch.uint8), None, 0, torch.float32)
        >>> bool((values < 1 / 256).all()), round(added / math.log(256), 6)
        (True, -4.0)
    """

    kind = "images"
    is_images = True

    def __init__(self, shape: Shape, *, dequantisation: Dequantisation | None = None) -> None:
        super().__init__()
        self.shape = _shape(shape)
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
        self.shape = _shape(shape)

    def require(self, x: Tensor) -> None:
        """Floats of this shape."""
        if tuple(x.shape[1:]) != self.shape or not x.is_floating_point():
            expected = ", ".join(str(n) for n in self.shape)
            raise UsageError(f"x must be floats [B, {expected}] but is {x.dtype} {list(x.shape)}.")

    def enter(self, x: Tensor, noise: Tensor | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, float]:
        """Convert to the flow's dtype."""
        self.require(x)
        return x.to(dtype), self.constant

    def leave(self, values: Tensor) -> Tensor:
        """Leave them as they are."""
        return values


class DomainConfig(Component):
    """Settings of a domain, and how to build it.

    Attributes:
        is_images: whether the data are 8-bit images, which reach the bijection in [0, 1].
    """

    is_images: ClassVar[bool] = False

    @property
    def description(self) -> str:
        """What a table should say of it; what data are shows in the data's name."""
        return ""

    @abstractmethod
    def build(self, shape: Shape) -> Domain:
        """Build it for data of a shape, or raise ``UsageError`` if there is no such data."""


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


class RealsConfig(DomainConfig):
    """Real tensors of any shape."""

    kind: Literal["reals"] = "reals"

    def build(self, shape: Shape) -> Reals:
        """Build it."""
        return Reals(shape)


DOMAINS: Registry[type[DomainConfig]] = Registry(
    "domain", "oodflow.domains", {"images": ImagesConfig, "reals": RealsConfig}
)

AnyDomainConfig = Annotated[SerializeAsAny[DomainConfig], ChosenFrom(DOMAINS)]
"""Settings of any registered domain."""


def _shape(shape: Shape) -> Shape:
    """Check a shape where it is given."""
    try:
        checked = tuple(operator.index(n) for n in shape)
    except TypeError:
        checked = ()
    if not checked or min(checked) < 1:
        raise UsageError(f"shape is {shape!r}: expected whole numbers from 1, such as (1, 28, 28) or (12,).")
    return checked
