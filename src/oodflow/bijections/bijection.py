"""The contract of every invertible map."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from oodflow.errors import UsageError

Shape = tuple[int, ...]
Gradients = dict[nn.Parameter, Tensor]
"""The gradient of a loss for each parameter that has one."""


class Bijection(nn.Module, ABC):
    r"""An invertible, differentiable map :math:`f` between data :math:`x` and latents :math:`z`.

    Both directions return the value and the log-absolute-determinant of their own Jacobian, one number an image:

    .. math:: \text{forward}: z = f(x),\ \log|\det \partial z/\partial x| \qquad
              \text{inverse}: x = f^{-1}(z),\ \log|\det \partial x/\partial z|

    Shapes: ``x`` and ``z`` are ``[B, ...]``, the log-determinant is ``[B]``; dtype and device of the input are kept.

    A call leaves nothing behind on ``self``: no cached log-determinant, no shape, no changed parameter. A subclass is
    final; to vary one, compose it. ``oodflow.testing.check_bijection`` verifies all of this for a new subclass.
    """

    rearranges: ClassVar[bool] = False
    """Whether the map only moves numbers to other places, as a squeeze; analyses follow them back to the image."""

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
        return x.detach(), *gradients_of(outputs, (grad_z, grad_log_det), x, self)


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


def gradients_of(
    outputs: Sequence[Tensor], grad_outputs: Sequence[Tensor], x: Tensor, module: nn.Module
) -> tuple[Tensor, Gradients]:
    """Return the gradients for ``x`` and the parameters of ``module``, given those of outputs computed from them."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    given = [(out, grad) for out, grad in zip(outputs, grad_outputs, strict=True) if out.requires_grad]
    grad_x, *gradients = torch.autograd.grad(
        [out for out, _ in given], [x, *parameters], [grad for _, grad in given], allow_unused=True
    )
    # Copies, now that the graph is freed: the originals lie between what was its activations, and would break that
    # space into pieces too small for the next layer's.
    found = {p: grad.clone() for p, grad in zip(parameters, gradients, strict=True) if grad is not None}
    return torch.zeros_like(x) if grad_x is None else grad_x, found


def add_gradients(total: Gradients, more: Gradients) -> None:
    """Add ``more`` to ``total``; parts that share a parameter each have their share in its gradient."""
    for parameter, gradient in more.items():
        total[parameter] = total[parameter] + gradient if parameter in total else gradient
