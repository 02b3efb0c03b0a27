"""The contract of every invertible map."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from oodflow.errors import UsageError
from oodflow.gradients import Gradients, gradients_of

Shape = tuple[int, ...]


class Bijection(nn.Module, ABC):
    r"""An invertible, differentiable map :math:`f` between data :math:`x` and latents :math:`z`.

    Both directions return the value and the log-absolute-determinant of their own Jacobian, one number an image:

    .. math:: \text{forward}: z = f(x),\ \log|\det \partial z/\partial x| \qquad
              \text{inverse}: x = f^{-1}(z),\ \log|\det \partial x/\partial z|

    Shapes: ``x`` and ``z`` are ``[B, ...]``, the log-determinant is ``[B]``; dtype and device of the input are kept.

    A call leaves nothing behind on ``self``: no cached log-determinant, no shape, no changed parameter. A subclass is
    final; to vary one, compose it. ``oodflow.testing.check_bijection`` verifies all of this for a new subclass.

    What it is for, a layer says in :meth:`output_shape` and :meth:`input_shape` alone. They are asked when it is put
    into a composition, and at each call of ``forward``, ``initialise`` and ``inverse``.
    """

    rearranges: ClassVar[bool] = False
    """Whether the map only moves numbers to other places, as a squeeze; analyses follow them back to the image."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let the methods that a subclass defines check the shape of their input first."""
        super().__init_subclass__(**kwargs)
        for name in ("forward", "inverse", "initialise"):
            if name in vars(cls):
                setattr(cls, name, _checking_the_shape(vars(cls)[name]))

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

    def input_shape(self, shape: Shape) -> Shape:
        """Return the shape of ``x`` for a ``z`` of ``shape``, or raise ``UsageError``; a layer may keep it."""
        return self.output_shape(shape)

    def latent_shapes(self, shape: Shape) -> list[Shape]:
        """List the shapes of the parts of ``z`` for an ``x`` of ``shape``, in order: one, unless some leave early."""
        return [self.output_shape(shape)]

    def initialise(self, x: Tensor) -> Tensor:
        """Set data-dependent parameters from one batch ``x`` and return ``forward(x)[0]``.

        Training calls it once, before the first step. Layers without such parameters need not override it.
        """
        return self.forward(x)[0]

    @torch.no_grad()
    def pull_back(self, z: Tensor, grad_z: Tensor, grad_log_det: Tensor) -> tuple[Tensor, Tensor, Gradients]:
        r"""Take the gradient of a loss :math:`L` back through the map when only its output is known.

        .. math:: x = f^{-1}(z), \qquad
                  \frac{\partial L}{\partial (x, \theta)}
                  = \frac{\partial L}{\partial z} \frac{\partial f}{\partial (x, \theta)}
                  + \frac{\partial L}{\partial \log|\det|} \frac{\partial \log|\det|}{\partial (x, \theta)}

        Done here, for any bijection, by an inverse and then a forward pass that autograd follows. A layer that can do
        with less overrides it, and so does a composition, to hand on to its parts one at a time.

        Args:
            z: what ``forward(x)`` gave, ``[B, ...]``.
            grad_z: :math:`\partial L / \partial z`, of the same shape.
            grad_log_det: :math:`\partial L / \partial \log|\det|`, ``[B]``.

        Returns:
            ``x``, :math:`\partial L / \partial x`, and :math:`\partial L / \partial \theta` by parameter.
        """
        x = self.inverse(z)[0].detach().requires_grad_()
        with torch.enable_grad():
            outputs = self.forward(x)
        (grad_x,), gradients = gradients_of(outputs, (grad_z, grad_log_det), (x,), self)
        return x.detach(), grad_x, gradients


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


def require_channels(shape: Shape, channels: int) -> None:
    """Refuse a shape with another number of channels with a ``UsageError``; a vector's entries are channels."""
    if not shape or shape[0] != channels:
        raise UsageError(f"it is for {channels} channels but the input is {list(shape)}.")


def _checking_the_shape(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a direction of a bijection, so that an input that is none of its own is refused."""
    takes = "input_shape" if method.__name__ == "inverse" else "output_shape"

    @wraps(method)
    def checked(self: Bijection, inputs: Tensor) -> Any:
        if not isinstance(inputs, Tensor):
            raise UsageError(f"a {type(self).__name__} takes tensors but got a {type(inputs).__name__}.")
        try:
            getattr(self, takes)(tuple(inputs.shape[1:]))
        except UsageError as error:
            raise UsageError(f"a {type(self).__name__} can't take {list(inputs.shape)}: {error}") from error
        return method(self, inputs)

    return checked
