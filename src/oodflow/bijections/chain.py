"""Composition of bijections."""

from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor

from oodflow.bijections.bijection import Bijection, Shape, bijections_only
from oodflow.bijections.reversible import forward_storing_nothing, is_reversible
from oodflow.errors import UsageError
from oodflow.gradients import Gradients, add_gradients


class Chain(Bijection):
    r"""The layers one after the other, written in the order in which data flows.

    .. math:: f = f_n \circ \dots \circ f_1, \qquad \log|\det \partial f| = \sum_i \log|\det \partial f_i|

    Args:
        layers: the bijections :math:`f_1, \dots, f_n`.

    Example:
        >>> import torch
        >>> from oodflow.bijections import Chain, Logit, Squeeze
        >>> z, log_det = Chain([Logit(), Squeeze()])(torch.rand(2, 1, 4, 4))
        >>> z.shape, log_det.shape
        (torch.Size([2, 4, 2, 2]), torch.Size([2]))
    """

    def __init__(self, layers: Sequence[Bijection]) -> None:
        super().__init__()
        self.layers = bijections_only(layers, "Chain")

    def __iter__(self) -> Iterator[Bijection]:
        return iter(cast(Sequence[Bijection], self.layers))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Apply the layers first to last; under :func:`~oodflow.bijections.reversible` nothing is stored of them."""
        if is_reversible():
            return forward_storing_nothing(self, x)
        log_det = x.new_zeros(x.shape[0])
        for layer in self:
            x, layer_log_det = layer(x)
            log_det = log_det + layer_log_det
        return x, log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the layers last to first."""
        log_det = z.new_zeros(z.shape[0])
        for layer in reversed([*self]):
            z, layer_log_det = layer.inverse(z)
            log_det = log_det + layer_log_det
        return z, log_det

    @torch.no_grad()
    def pull_back(self, z: Tensor, grad_z: Tensor, grad_log_det: Tensor) -> tuple[Tensor, Tensor, Gradients]:
        """Layer by layer, last to first: the log-determinants are summed, so each gets the same gradient."""
        gradients: Gradients = {}
        for layer in reversed([*self]):
            z, grad_z, layer_gradients = layer.pull_back(z, grad_z, grad_log_det)
            add_gradients(gradients, layer_gradients)
        return z, grad_z, gradients

    def output_shape(self, shape: Shape) -> Shape:
        """Push ``shape`` through the layers; an error names the layer that does not fit."""
        for i, layer in enumerate(self):
            try:
                shape = layer.output_shape(shape)
            except UsageError as error:
                raise _misfit(i, layer, error) from error
        return shape

    def input_shape(self, shape: Shape) -> Shape:
        """Push ``shape`` back through the layers, last to first."""
        for i, layer in reversed([*enumerate(self)]):
            try:
                shape = layer.input_shape(shape)
            except UsageError as error:
                raise _misfit(i, layer, error) from error
        return shape

    def latent_shapes(self, shape: Shape) -> list[Shape]:
        """List the parts that the last layer leaves."""
        parts = [shape]
        for layer in self:
            parts, shape = layer.latent_shapes(shape), layer.output_shape(shape)
        return parts

    def initialise(self, x: Tensor) -> Tensor:
        """Initialise each layer on what reaches it."""
        for layer in self:
            x = layer.initialise(x)
        return x


def _misfit(i: int, layer: Bijection, error: UsageError) -> UsageError:
    return UsageError(f"layer {i} ({type(layer).__name__}) does not fit into its chain: {error}")
