"""Invertible 1x1 convolution."""

from contextlib import nullcontext
from math import prod

import torch
from torch import Tensor, nn

from oodflow.bijections.bijection import Bijection, Shape, require_channels


class Conv1x1(Bijection):
    r"""Mix the channels of each pixel by one square matrix.

    .. math:: z_{:,i,j} = W x_{:,i,j}, \qquad \log|\det| = HW \log|\det W|

    :math:`W` is a free matrix that starts as a random orthogonal one. The entries of a vector are channels of one
    pixel: of these it is any linear map.

    Args:
        channels: number of channels.

    Reference:
        Kingma, Dhariwal (2018), "Glow", section 3.2, equation 9, arXiv:1807.03039.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.linalg.qr(torch.randn(channels, channels))[0])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mix the channels."""
        return self.mix(x), self._log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mix them back; the matrix is inverted in float64, since its condition number grows in training."""
        weight = self.weight.cpu() if z.device.type == "mps" else self.weight  # which has no float64
        inverse = torch.linalg.inv(weight.double()).to(z)
        return _mix(z, inverse), -self._log_det(z)

    def mix(self, x: Tensor) -> Tensor:
        """Mix the channels, without the log-determinant."""
        return _mix(x, self.weight.to(x.dtype))

    def output_shape(self, shape: Shape) -> Shape:
        """Keep the shape, which must have the layer's number of channels."""
        require_channels(shape, self.channels)
        return shape

    def _log_det(self, x: Tensor) -> Tensor:
        log_det: Tensor = torch.linalg.slogdet(self.weight.to(x.dtype)).logabsdet
        return (prod(x.shape[2:]) * log_det).expand(x.shape[0])


def _mix(x: Tensor, weight: Tensor) -> Tensor:
    # The flow itself stays in full precision: neither autocast, nor TF32 as convolutions have it by default on a GPU.
    cast = torch.amp.is_autocast_available(x.device.type)
    with torch.autocast(x.device.type, enabled=False) if cast else nullcontext():
        return (weight @ x.reshape(*x.shape[:2], prod(x.shape[2:]))).reshape(x.shape)
