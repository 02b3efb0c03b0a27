"""Per-channel affine map, initialised from data."""

import torch
from torch import Tensor, nn

from oodflow.bijections.bijection import Bijection, Shape
from oodflow.errors import UsageError


class ActNorm(Bijection):
    r"""Shift and scale each channel so that the first batch has mean 0 and variance 1.

    .. math:: z = (x + b)\, e^{l}, \qquad \log|\det| = HW \sum_c l_c

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
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        self.log_scale = nn.Parameter(torch.zeros(channels, 1, 1))
        self.register_buffer("initialised", torch.tensor(False))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise."""
        return (x + self.bias) * self.log_scale.to(x.dtype).exp(), self._log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the normalisation."""
        return z * (-self.log_scale.to(z.dtype)).exp() - self.bias, -self._log_det(z)

    @torch.no_grad()
    def initialise(self, x: Tensor) -> Tensor:
        """Set bias and scale from the batch ``x [B, C, H, W]``, unless that has been done before."""
        if not self.initialised:
            mean = x.mean((0, 2, 3))[:, None, None]
            deviation = (x - mean).square().mean((0, 2, 3)).sqrt()[:, None, None]
            self.bias.copy_(-mean)
            self.log_scale.copy_(-(deviation + 1e-6).log())
            self.initialised.fill_(True)
        return self.forward(x)[0]

    def output_shape(self, shape: Shape) -> Shape:
        """Keep the shape, which must have the layer's number of channels."""
        if shape[0] != len(self.bias):
            raise UsageError(f"it is for {len(self.bias)} channels but the input is {list(shape)}.")
        return shape

    def _log_det(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        return (height * width * self.log_scale.to(x.dtype).sum()).expand(len(x))
