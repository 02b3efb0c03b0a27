"""The affine coupling layer."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from oodflow.bijections.bijection import Bijection, Gradients, Shape, gradients_of, sum_over_event
from oodflow.bijections.layout import channels_last
from oodflow.bijections.mask import Mask
from oodflow.errors import UsageError


@runtime_checkable
class DataDependent(Protocol):
    """An st-network that takes some parameters from data, once, before training."""

    def initialise(self, x: Tensor) -> None:
        """Set them from one batch of what the network is shown; those that have been set stay."""


class AffineCoupling(Bijection):
    r"""Shift and scale one part of the input by what a network sees in the other.

    .. math:: (\hat s, t) = \operatorname{net}(x_{\text{id}}), \qquad s = r \tanh \hat s

    .. math:: z_{\text{id}} = x_{\text{id}}, \qquad
              z_{\text{change}} = (x_{\text{change}} + t)\, e^{s}, \qquad
              \log|\det| = \sum s

    with one learned bound :math:`r` a channel. The shift comes before the scale, as in the authors' code.

    Args:
        mask: which part is :math:`x_{\text{id}}` (``condition``) and which :math:`x_{\text{change}}` (``transform``).
        net: the st-network, any module ``[B, *mask.in_shape] -> [B, 2 * mask.out_channels, H, W]``, or for vectors
            ``[B, 2 * mask.out_channels]``. It computes in the dtype of its parameters, whatever the input's is.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", equations 7 and 8, arXiv:1605.08803;
        Kirichenko, Izmailov, Wilson (2020), section 4, arXiv:2006.08545.
    """

    def __init__(self, mask: Mask, net: nn.Module) -> None:
        super().__init__()
        self.mask = mask
        self.net = net
        self.rescale = nn.Parameter(torch.ones(mask.out_channels, *[1] * (len(mask.in_shape) - 1)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Shift, then scale."""
        log_scale, shift = self.scale_and_shift(x)
        return (x + shift) * log_scale.exp(), sum_over_event(log_scale)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the scale, then the shift; the network sees the same, for the conditioning part is unchanged."""
        log_scale, shift = self.scale_and_shift(z)
        return z * (-log_scale).exp() - shift, -sum_over_event(log_scale)

    @torch.no_grad()
    def pull_back(self, z: Tensor, grad_z: Tensor, grad_log_det: Tensor) -> tuple[Tensor, Tensor, Gradients]:
        r"""With a single evaluation of the st-network, which sees only what :math:`z` and :math:`x` have in common.

        .. math:: x = z e^{-s} - t, \qquad
                  \frac{\partial L}{\partial t} = \frac{\partial L}{\partial z} e^{s}, \qquad
                  \frac{\partial L}{\partial s}
                  = \frac{\partial L}{\partial z} z + \frac{\partial L}{\partial \log|\det|}

        .. math:: \frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} e^{s}
                  + \frac{\partial L}{\partial (s, t)} \frac{\partial (s, t)}{\partial x}
        """
        seen = z.detach().requires_grad_()
        with torch.enable_grad():
            log_scale, shift = self.scale_and_shift(seen)
        x = z * (-log_scale).exp() - shift
        grad_shift = grad_z * log_scale.exp()
        grad_log_scale = grad_z * z + grad_log_det.reshape(-1, *[1] * (z.dim() - 1))
        grad_seen, gradients = gradients_of((log_scale, shift), (grad_log_scale, grad_shift), seen, self)
        return x, grad_shift + grad_seen, gradients

    def initialise(self, x: Tensor) -> Tensor:
        """Let the st-network take its parameters from what it is shown, if it has any such."""
        if isinstance(self.net, DataDependent):
            self.net.initialise(channels_last(self.mask.show(x)))
        return self.forward(x)[0]

    def scale_and_shift(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return :math:`s` and :math:`t` at the input's full size, zero where nothing changes."""
        shown = self.mask.show(x)
        output = self.net(channels_last(shown.to(self.rescale.dtype))).contiguous()
        expected = (len(x), 2 * self.mask.out_channels, *x.shape[2:])
        if output.shape != expected:
            raise UsageError(
                f"the st-network of this coupling must turn {list(shown.shape)} into {list(expected)}, scales and "
                f"shifts of the channels that change, but gives {list(output.shape)}: set its channels and padding."
            )
        raw_scale, shift = output.to(x.dtype).chunk(2, dim=1)
        return self.mask.place(self.rescale * raw_scale.tanh()), self.mask.place(shift)

    def output_shape(self, shape: Shape) -> Shape:
        """Keep the shape, which must be the mask's."""
        expected = tuple(self.mask.condition.shape)
        if tuple(shape) != expected:
            raise UsageError(f"its mask is for {list(expected)} but the input is {list(shape)}.")
        return shape
