"""The plain convolutional st-network of Kingma and Dhariwal's Glow."""

from typing import Literal

from torch import Tensor, nn

from oodflow.nets.net import NetConfig, Shape


class ConvNetConfig(NetConfig):
    """Settings of :class:`ConvNet`."""

    kind: Literal["convnet"] = "convnet"

    def build(self, in_shape: Shape, out_channels: int, width: int, *, interleaved: bool) -> nn.Module:
        """Build the network; what is hidden makes no difference to it."""
        return ConvNet(in_shape[0], out_channels, width)


class ConvNet(nn.Module):
    r"""Three convolutions, 3x3, 1x1 and 3x3, with ReLUs between them.

    The last one starts at zero, so that the coupling layer starts as the identity.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        width: channels inside.

    Shapes: ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

    Reference:
        Kingma, Dhariwal (2018), "Glow", appendix B, arXiv:1807.03039.
    """

    def __init__(self, in_channels: int, out_channels: int, width: int) -> None:
        super().__init__()
        last = nn.Conv2d(width, out_channels, 3, padding=1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1), nn.ReLU(),
            nn.Conv2d(width, width, 1), nn.ReLU(),
            last,
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Compute scales and shifts."""
        return self.layers(x)  # type: ignore[no-any-return]
