"""The gated st-network of the authors' Glow."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from oodflow.nets.net import NetConfig, Shape


class HighwayConfig(NetConfig):
    """Settings of :class:`Highway`."""

    kind: Literal["highway"] = "highway"
    blocks: int = Field(3, ge=1)

    def build(self, in_shape: Shape, out_channels: int, width: int, *, interleaved: bool) -> nn.Module:
        """Build the network; what is hidden makes no difference to it."""
        return Highway(in_shape[0], out_channels, width, blocks=self.blocks)


class Highway(nn.Module):
    r"""Convolutions whose output a gate mixes with their input.

    .. math:: h_0 = \operatorname{conv}(x), \qquad g_i = \sigma(\operatorname{conv}^{g}_i(h_{i-1})), \qquad
              h_i = g_i \operatorname{conv}^{h}_i(h_{i-1}) + (1 - g_i)\, h_{i-1}

    and a 1x1 convolution at the end that starts at zero, so that the coupling layer starts as the identity. All other
    weights start from :math:`N(0, 0.05^2)` with zero bias. The gate is the only nonlinearity.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        width: channels inside.
        blocks: number of gated layers.

    Shapes: ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

    Reference:
        Srivastava, Greff, Schmidhuber (2015), "Highway networks", equation 3, arXiv:1505.00387;
        Kirichenko, Izmailov, Wilson (2020), appendix B, arXiv:2006.08545.
    """

    def __init__(self, in_channels: int, out_channels: int, width: int, *, blocks: int) -> None:
        super().__init__()
        self.in_conv = _conv(in_channels, width, 3)
        self.gates = nn.ModuleList(_conv(width, width, 3) for _ in range(blocks))
        self.convs = nn.ModuleList(_conv(width, width, 3) for _ in range(blocks))
        self.out_conv = _conv(width, out_channels, 1, deviation=0.0)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the parameters of the transformer."""
        h = self.in_conv(x)
        for gate, conv in zip(self.gates, self.convs, strict=True):
            h = torch.lerp(h, conv(h), torch.sigmoid(gate(h)))
        return self.out_conv(h)  # type: ignore[no-any-return]


def _conv(in_channels: int, out_channels: int, size: int, *, deviation: float = 0.05) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, out_channels, size, padding=size // 2)
    nn.init.normal_(conv.weight, std=deviation)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return conv
