"""The contract of every transformer: the element-wise map of a coupling layer."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from oodflow.config import Component
from oodflow.gradients import Gradients, gradients_of


class Transformer(nn.Module, ABC):
    r"""A strictly increasing map of single numbers, :math:`z = g(x; \theta)`, whose parameters come from outside.

    Both directions return the value and the logarithm of their own derivative, a number for each number:

    .. math:: \text{forward}: z = g(x; \theta),\ \log \partial z/\partial x \qquad
              \text{inverse}: x = g^{-1}(z; \theta),\ \log \partial x/\partial z

    Shapes: ``x``, ``z`` and the log-derivatives are ``[B, C, ...]``; ``theta`` is ``[B, n C, ...]`` with :math:`n` =
    ``parameters_per_number``: the first parameter of all channels, then the second. All are of one dtype.

    At :math:`\theta = 0` the map is the identity, to the last digit: with it a coupling leaves pixels alone, and one
    whose network starts at zero begins as the identity, unless there is a ``start``. A call leaves nothing behind on
    ``self``. ``oodflow.testing.check_transformer`` verifies all of this for a new subclass.

    Attributes:
        parameters_per_number: how many parameters it takes for each number that it changes.
    """

    parameters_per_number: int

    @property
    def start(self) -> Tensor | None:
        """What is added to the output of a network, ``[n C]``, so that parts begin unlike; none: nothing."""
        return None

    def started(self, output: Tensor) -> Tensor:
        """Add :attr:`start`, if there is one, to what a network says, ``[B, n C, ...]``."""
        return output if self.start is None else output + self.start.reshape(-1, *[1] * (output.dim() - 2)).to(output)

    @abstractmethod
    def forward(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Map ``x`` to ``(z, log-derivative)``."""

    @abstractmethod
    def inverse(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Map ``z`` to ``(x, log-derivative)``."""

    def prediction(self, theta: Tensor) -> Tensor:
        r"""Tell what the map takes to zero, :math:`g^{-1}(0; \theta)`, ``[B, C, ...]``.

        It is the median of what a coupling expects where it can't look, if what comes out is standard normal; analyses
        compare it with what is there.
        """
        channels = theta.shape[1] // self.parameters_per_number
        return self.inverse(theta.new_zeros(len(theta), channels, *theta.shape[2:]), theta)[0]

    @torch.no_grad()
    def pull_back(
        self, z: Tensor, theta: Tensor, grad_z: Tensor, grad_log_derivative: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Gradients]:
        r"""Take the gradient of a loss :math:`L` back through the map when only its output is known.

        Done here, for any transformer, by an inverse and then a forward pass that autograd follows.

        Args:
            z: what ``forward(x, theta)`` gave.
            theta: the parameters.
            grad_z: :math:`\partial L / \partial z`.
            grad_log_derivative: :math:`\partial L / \partial \log \partial z / \partial x`.

        Returns:
            ``x``, :math:`\partial L / \partial x`, :math:`\partial L / \partial \theta`, and the gradients of learned
            parameters that the transformer has itself.
        """
        x, theta = self.inverse(z, theta)[0].requires_grad_(), theta.detach().requires_grad_()
        with torch.enable_grad():
            outputs = self.forward(x, theta)
        (grad_x, grad_theta), gradients = gradients_of(outputs, (grad_z, grad_log_derivative), (x, theta), self)
        return x.detach(), grad_x, grad_theta, gradients


class TransformerConfig(Component):
    """Settings of a transformer, and how to build it."""

    @property
    def description(self) -> str:
        """Name couplings that have it, in a table: a plural."""
        return f"{self.kind} couplings"

    @abstractmethod
    def build(self, channels: int) -> Transformer:
        """Build it for the channels that a coupling changes."""
