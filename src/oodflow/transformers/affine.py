"""The affine transformer of RealNVP and Glow."""

from typing import Literal

import torch
from torch import Tensor, nn

from oodflow.errors import UsageError
from oodflow.gradients import Gradients
from oodflow.transformers.transformer import Transformer, TransformerConfig


class AffineConfig(TransformerConfig):
    """Settings of :class:`Affine`, which has none."""

    kind: Literal["affine"] = "affine"

    def build(self, channels: int) -> "Affine":
        """Build it."""
        return Affine(channels)


class Affine(Transformer):
    r"""Shift, then scale.

    .. math:: z = (x + t)\, e^{s}, \qquad s = r \tanh \hat s, \qquad \log \frac{\partial z}{\partial x} = s,
              \qquad \theta = (\hat s, t)

    with one learned bound :math:`r` a channel. The shift comes before the scale, as in the authors' code.

    Args:
        channels: how many channels change.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", equations 7 and 8 and section 4.1,
        arXiv:1605.08803; Kirichenko, Izmailov, Wilson (2020), section 4, arXiv:2006.08545.

    Example:
        >>> z, log_derivative = Affine(1)(torch.zeros(1, 1), torch.tensor([[0.0, 2.0]]))
        >>> z.item(), log_derivative.item()
        (2.0, 0.0)
    """

    parameters_per_number = 2

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rescale = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Shift, then scale."""
        log_scale, shift = self.log_scale_and_shift(theta)
        return (x + shift) * log_scale.exp(), log_scale

    def inverse(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the scale, then the shift."""
        log_scale, shift = self.log_scale_and_shift(theta)
        return z * (-log_scale).exp() - shift, -log_scale

    def prediction(self, theta: Tensor) -> Tensor:
        """Tell :math:`-t`."""
        return -self.log_scale_and_shift(theta)[1]

    def log_scale_and_shift(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Return :math:`s` and :math:`t`."""
        raw_scale, shift = theta.chunk(2, 1)
        return self._rescale(theta) * raw_scale.tanh(), shift

    @torch.no_grad()
    def pull_back(
        self, z: Tensor, theta: Tensor, grad_z: Tensor, grad_log_derivative: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Gradients]:
        r"""From the output alone, which loses less than a way back and forth.

        .. math:: x = z e^{-s} - t, \qquad
                  \frac{\partial L}{\partial x} = \frac{\partial L}{\partial t} = \frac{\partial L}{\partial z} e^{s},
                  \qquad
                  \frac{\partial L}{\partial s}
                  = \frac{\partial L}{\partial z} z + \frac{\partial L}{\partial \log \partial z / \partial x}

        .. math:: \frac{\partial L}{\partial \hat s} = r (1 - \tanh^2 \hat s) \frac{\partial L}{\partial s}, \qquad
                  \frac{\partial L}{\partial r} = \sum \tanh \hat s \, \frac{\partial L}{\partial s}
        """
        raw_scale, shift = theta.chunk(2, 1)
        bounded, rescale = raw_scale.tanh(), self._rescale(theta)
        log_scale = rescale * bounded
        x = z * (-log_scale).exp() - shift
        grad_x = grad_z * log_scale.exp()
        grad_log_scale = grad_z * z + grad_log_derivative
        grad_raw = torch.ops.aten.tanh_backward(grad_log_scale * rescale, bounded)
        grad_rescale = (grad_log_scale * bounded).sum((0, *range(2, theta.dim())))
        gradients = {self.rescale: grad_rescale.to(self.rescale.dtype)} if self.rescale.requires_grad else {}
        return x, grad_x, torch.cat([grad_raw, grad_x], 1), gradients

    def _rescale(self, theta: Tensor) -> Tensor:
        """Let :math:`r` stand beside ``theta``, ``[C, 1, ...]``."""
        if theta.shape[1] != 2 * len(self.rescale):
            raise UsageError(
                f"this Affine is for {len(self.rescale)} channels but theta is {list(theta.shape)}: build it for as "
                f"many channels as change, half of theta's."
            )
        return self.rescale.reshape(-1, *[1] * (theta.dim() - 2))
