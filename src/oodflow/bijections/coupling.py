"""The coupling layer."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from oodflow.bijections.bijection import Shape, sum_over_event
from oodflow.bijections.conditioned import Conditioned
from oodflow.bijections.layout import channels_last
from oodflow.bijections.mask import Mask
from oodflow.errors import UsageError
from oodflow.gradients import Gradients, add_gradients, gradients_of
from oodflow.transformers import Transformer


@runtime_checkable
class DataDependent(Protocol):
    """An st-network that takes some parameters from data, once, before training."""

    def initialise(self, x: Tensor) -> None:
        """Set them from one batch of what the network is shown; those that have been set stay."""


class Coupling(Conditioned):
    r"""Change one part of the input, number by number, as a network says that sees the other.

    .. math:: \theta = \operatorname{net}(x_{\text{id}}), \qquad
              z_{\text{id}} = x_{\text{id}}, \qquad
              z_{\text{change}} = g(x_{\text{change}}; \theta), \qquad
              \log|\det| = \sum \log \frac{\partial g}{\partial x}

    Args:
        mask: which part is :math:`x_{\text{id}}` (``condition``) and which :math:`x_{\text{change}}` (``transform``).
        net: the st-network, any module ``[B, *mask.in_shape] -> [B, n * mask.out_channels, H, W]``, or for vectors
            ``[B, n * mask.out_channels]``, with :math:`n` = ``transformer.parameters_per_number``. It computes in the
            layer's dtype, whatever the input's is.
        transformer: :math:`g`, for ``mask.out_channels`` channels.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3, arXiv:1605.08803;
        Papamakarios et al. (2021), "Normalizing flows for probabilistic modeling and inference", section 3.1,
        arXiv:1912.02762.

    Example:
        >>> from oodflow.bijections import checkerboard
        >>> from oodflow.transformers import Affine
        >>> layer = Coupling(checkerboard((1, 4, 4)), nn.Conv2d(1, 2, 3, padding=1), Affine(1))
        >>> layer(torch.zeros(5, 1, 4, 4))[0].shape
        torch.Size([5, 1, 4, 4])
    """

    def __init__(self, mask: Mask, net: nn.Module, transformer: Transformer) -> None:
        super().__init__(mask.shape, net, transformer)
        self.mask = mask

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Change it back; the network sees the same, for the conditioning part is unchanged."""
        before, changed, after = self.mask.split(z)
        x, log_derivative = self.transformer.inverse(changed, self.theta(z))
        return self.mask.join(before, x, after), sum_over_event(self.mask.place(log_derivative))

    def theta(self, x: Tensor) -> Tensor:
        """Return what the st-network says to ``x``: the transformer's parameters ``[B, n * mask.out_channels, ...]``.

        They are 0 at the pixels that do not change: with these the transformer is the identity.
        """
        return self.mask.only_changed(self.ask(self.mask.show(x), self.mask.out_channels))

    def transform(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Change ``x`` with given parameters: ``z`` and the log-derivative of each number, 0 where nothing changes."""
        before, changed, after = self.mask.split(x)
        z, log_derivative = self.transformer(changed, theta)
        return self.mask.join(before, z, after), self.mask.place(log_derivative)

    def prediction(self, theta: Tensor) -> Tensor:
        r"""Tell :math:`g^{-1}(0; \theta)`, what it expects of what it changes, of x's shape, 0 elsewhere."""
        return self.mask.place(self.transformer.prediction(theta))

    @torch.no_grad()
    def pull_back(self, z: Tensor, grad_z: Tensor, grad_log_det: Tensor) -> tuple[Tensor, Tensor, Gradients]:
        r"""With a single evaluation of the st-network, which sees only what :math:`z` and :math:`x` have in common.

        The transformer takes the gradient back to :math:`x_{\text{change}}` and :math:`\theta`, then

        .. math:: \frac{\partial L}{\partial x} = \Bigl.\frac{\partial L}{\partial x}\Bigr|_\theta
                  + \frac{\partial L}{\partial \theta} \frac{\partial \theta}{\partial x}
        """
        seen = z.detach().requires_grad_()
        with torch.enable_grad():
            theta = self.theta(seen)
        before, changed, after = self.mask.split(z)
        grad_before, grad_changed, grad_after = self.mask.split(grad_z)
        grad_log_derivative = grad_log_det.reshape(-1, *[1] * (z.dim() - 1)).expand_as(changed)
        x, grad_x, grad_theta, gradients = self.transformer.pull_back(
            changed, theta.detach(), grad_changed, grad_log_derivative
        )
        (grad_seen,), of_net = gradients_of((theta,), (grad_theta,), (seen,), self.net)
        add_gradients(gradients, of_net)
        grad_x = self.mask.join(grad_before, grad_x, grad_after) + grad_seen
        return self.mask.join(before, x, after), grad_x, gradients

    def initialise(self, x: Tensor) -> Tensor:
        """Let the st-network take its parameters from what it is shown, if it has any such."""
        if isinstance(self.net, DataDependent):
            self.net.initialise(channels_last(self.mask.show(x)))
        return self.forward(x)[0]

    def output_shape(self, shape: Shape) -> Shape:
        """Keep the shape, which must be the mask's."""
        if tuple(shape) != self.mask.shape:
            raise UsageError(f"its mask is for {list(self.mask.shape)} but the input is {list(shape)}.")
        return shape
