"""Per-channel affine map, initialised from data."""

from math import prod

import torch
from torch import Tensor, nn

from oodflow.bijections.bijection import Bijection, Shape, require_channels


class ActNorm(Bijection):
    r"""Shift and scale each channel so that the first batch has mean 0 and variance 1.

    .. math:: z = (x + b)\, e^{l}, \qquad \log|\det| = HW \sum_c l_c

    The entries of a vector are channels of one pixel.

    The initialisation is the explicit call :meth:`initialise`; before it the layer is the identity. The flag
    ``initialised`` is a buffer, so it is saved and loaded with the weights and a trained layer is never set anew.

    Args:
        channels: number of channels.

    Reference:
        Kingma, Dhariwal (2018), "Glow", section 3.1, arXiv:1807.03039.
    """

    initialised: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.bias = nn.Parameter(torch.zeros(channels))
        self.log_scale = nn.Parameter(torch.zeros(channels))
        self.register_buffer("initialised", torch.tensor(False))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise."""
        scale = _over_pixels(self.log_scale.to(x.dtype).exp(), x)
        return (x + _over_pixels(self.bias, x)) * scale, self._log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the normalisation."""
        scale = _over_pixels((-self.log_scale.to(z.dtype)).exp(), z)
        return z * scale - _over_pixels(self.bias, z), -self._log_det(z)

    @torch.no_grad()
    def initialise(self, x: Tensor) -> Tensor:
        """Set bias and scale from the batch ``x [B, C, ...]``, unless that has been done before."""
        if not self.initialised:
            over = (0, *range(2, x.dim()))
            mean = x.mean(over)
            deviation = (x - _over_pixels(mean, x)).square().mean(over).sqrt()
            self.bias.copy_(-mean)
            self.log_scale.copy_(-(deviation + 1e-6).log())
            self.initialised.fill_(True)
        return self.forward(x)[0]

    def output_shape(self, shape: Shape) -> Shape:
        """Keep the shape, which must have the layer's number of channels."""
        require_channels(shape, self.channels)
        return shape

    def _log_det(self, x: Tensor) -> Tensor:
        return (prod(x.shape[2:]) * self.log_scale.to(x.dtype).sum()).expand(x.shape[0])


def _over_pixels(values: Tensor, x: Tensor) -> Tensor:
    """Let a number a channel, ``[C]``, stand beside ``x [B, C, ...]``."""
    return values.reshape(-1, *[1] * (x.dim() - 2))
