"""The contract of every invertible map."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from oodflow.errors import UsageError

Shape = tuple[int, ...]


class Bijection(nn.Module, ABC):
    r"""An invertible, differentiable map :math:`f` between data :math:`x` and latents :math:`z`.

    Both directions return the value and the log-absolute-determinant of their own Jacobian, one number an image:

    .. math:: \text{forward}: z = f(x),\ \log|\det \partial z/\partial x| \qquad
              \text{inverse}: x = f^{-1}(z),\ \log|\det \partial x/\partial z|

    Shapes: ``x`` and ``z`` are ``[B, ...]``, the log-determinant is ``[B]``; dtype and device of the input are kept.

    A call leaves nothing behind on ``self``: no cached log-determinant, no shape, no changed parameter. A subclass is
    final; to vary one, compose it. ``oodflow.testing.check_bijection`` verifies all of this for a new subclass.
    """

    @abstractmethod
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map data to latents: ``x [B, ...]`` to ``(z [B, ...], log_det [B])``."""

    @abstractmethod
    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Map latents to data: ``z [B, ...]`` to ``(x [B, ...], log_det [B])``."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of ``z`` (without batch) for an ``x`` of ``shape``, or raise ``UsageError`` if it won't fit.

        Compositions call this when they are built, so that a mistake shows then and not in the first forward pass.
        """
        return shape

    def initialise(self, x: Tensor) -> Tensor:
        """Set data-dependent parameters from one batch ``x`` and return ``forward(x)[0]``.

        Training calls it once, before the first step. Layers without such parameters need not override it.
        """
        return self.forward(x)[0]


def bijections_only(layers: Sequence[Bijection], owner: str) -> nn.ModuleList:
    """Put layers into a module list; anything but a ``Bijection`` is refused with a ``UsageError`` that names it."""
    for i, layer in enumerate(layers):
        if not isinstance(layer, Bijection):
            raise UsageError(
                f"layer {i} of a {owner} must be a Bijection but is a {type(layer).__name__}: subclass it."
            )
    return nn.ModuleList(layers)


def sum_over_event(values: Tensor) -> Tensor:
    """Sum ``values [B, ...]`` over everything but the batch: ``[B]``."""
    return values.flatten(1).sum(1)
