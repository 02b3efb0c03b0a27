"""What a flow is a distribution over. It is declared, never guessed."""

import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor, nn

from oodflow.bijections import Shape
from oodflow.config import Component
from oodflow.errors import UsageError
from oodflow.flows.noise import Seed


class Domain(nn.Module, ABC):
    """The way of data into a bijection and back.

    Attributes:
        kind: what the configuration of such a domain is called, and a file of weights says.
        is_images: whether the data are 8-bit images; only these take noise, and have pictures.
        shape: of one image or tensor, without batch.
    """

    kind: ClassVar[str]
    is_images: ClassVar[bool] = False
    shape: Shape

    @property
    def holds(self) -> str:
        """What data are called in messages."""
        return "images" if self.is_images else "reals"

    @abstractmethod
    def require(self, x: Tensor) -> None:
        """Refuse data of another shape or type with a ``UsageError``; values are not looked at."""

    def fit(self, chunks: Iterable[Tensor]) -> None:
        """Learn from all training data what the way in depends on, once, before training begins.

        Args:
            chunks: ``[n, *shape]`` each, all of the data one after the other.
        """

    @abstractmethod
    def enter(self, x: Tensor, noise: Tensor | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, Tensor | float]:
        """Turn data into what the bijection takes.

        Args:
            x: a batch of data on the flow's device.
            noise: uniform in [0, 1), of x's shape, where the domain uses it.
            seed: where images draw their noise from when none is given.
            dtype: to compute in.

        Returns:
            Values ``[B, *shape]``, and what this adds to the log-probability: a number, or ``[B]`` where it differs
            from datum to datum.

        Raises:
            UsageError: for data or noise of another shape or type.
        """

    @abstractmethod
    def leave(self, values: Tensor) -> Tensor:
        """Turn what the bijection's inverse gives into data."""

    def extra_repr(self) -> str:
        """Show the shape."""
        return str(self.shape)


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


def checked_shape(shape: Shape) -> Shape:
    """Check a shape where it is given; ``UsageError`` for what is none."""
    try:
        checked = tuple(operator.index(n) for n in shape)
    except TypeError:
        checked = ()
    if not checked or min(checked) < 1:
        raise UsageError(f"shape is {shape!r}: expected whole numbers from 1, such as (1, 28, 28) or (12,).")
    return checked
