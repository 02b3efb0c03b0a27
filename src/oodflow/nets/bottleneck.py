"""The residual st-network through a bottleneck."""

from math import prod
from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from oodflow.nets.net import NetConfig, Shape
from oodflow.nets.resnet import ResNet, input_gain


class BottleneckConfig(NetConfig):
    """Settings of a :class:`~oodflow.nets.ResNet` without skips whose middle is a :class:`Bottleneck`.

    Attributes:
        latent_dims: :math:`l`; the paper has 10, 50, 100 for grey images and 30, 80, 150 for colour.
        blocks: number of residual blocks, half of them before the bottleneck.
        batch_norm: whether to normalise.
        zero_init: whether the last convolution starts at zero.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix L, arXiv:2006.08545.
    """

    kind: Literal["bottleneck"] = "bottleneck"
    latent_dims: int = Field(100, ge=1)
    blocks: int = Field(8, ge=2)
    batch_norm: bool = True
    zero_init: bool = False

    @property
    def description(self) -> str:
        """How narrow it is, which is more than a size, and whether norms are missing."""
        return f"a bottleneck of {self.latent_dims}{'' if self.batch_norm else ' without batch norm'}"

    def build(self, in_shape: Shape, out_channels: int, width: int, *, interleaved: bool) -> nn.Module:
        """Build the network, for images of just this size."""
        in_channels, *pixels = in_shape
        return ResNet(
            in_channels,
            out_channels,
            width,
            blocks=self.blocks,
            batch_norm=self.batch_norm,
            skip=False,
            zero_init=self.zero_init,
            input_gain=input_gain(interleaved=interleaved, batch_norm=self.batch_norm),
            middle=Bottleneck((width, *pixels), self.latent_dims),
        )


class Bottleneck(nn.Module):
    r"""A pair of linear layers through a narrow space.

    .. math:: y = W_2 (W_1 x + b_1) + b_2, \qquad W_1: \mathbb{R}^{CHW} \to \mathbb{R}^l

    Args:
        shape: ``(C, H, W)``.
        latent_dims: :math:`l`.

    Shapes: ``[B, C, H, W] -> [B, C, H, W]``.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix L, arXiv:2006.08545.
    """

    def __init__(self, shape: Shape, latent_dims: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(prod(shape), latent_dims),
            nn.Linear(latent_dims, prod(shape)),
            nn.Unflatten(1, shape),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Go through the bottleneck."""
        return self.layers(x)  # type: ignore[no-any-return]
