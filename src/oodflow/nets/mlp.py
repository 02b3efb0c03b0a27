"""The fully connected st-network."""

from itertools import pairwise
from math import prod
from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from oodflow.nets.net import NetConfig, Shape


class MLPConfig(NetConfig):
    """Settings of :class:`MLP`.

    Attributes:
        hidden_layers: number of hidden layers.
        zero_init: whether the last layer starts at zero.
    """

    kind: Literal["mlp"] = "mlp"
    hidden_layers: int = Field(2, ge=1)
    zero_init: bool = False

    @property
    def description(self) -> str:
        """That it sees all of the image at once, where other networks see what is near."""
        return "fully connected networks"

    def build(self, in_shape: Shape, out_channels: int, width: int, *, interleaved: bool) -> nn.Module:
        """Build the network, for inputs of just this size; what is hidden makes no difference to it."""
        return MLP(in_shape, out_channels, width, hidden_layers=self.hidden_layers, zero_init=self.zero_init)


class MLP(nn.Module):
    r"""Linear layers with ReLUs between them, over the whole of a vector or an image.

    .. math:: h_i = \operatorname{relu}(W_i h_{i-1} + b_i), \qquad y = W_{n+1} h_n + b_{n+1}

    Args:
        in_shape: ``(D,)`` or ``(C, H, W)``.
        out_channels: channels of the output.
        width: hidden units of each layer.
        hidden_layers: :math:`n`.
        zero_init: whether the last layer starts at zero, so that the coupling layer starts as the identity.

    Shapes: ``[B, D] -> [B, out_channels]``, ``[B, C, H, W] -> [B, out_channels, H, W]``.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix O, arXiv:2006.08545.
    """

    def __init__(
        self, in_shape: Shape, out_channels: int, width: int, *, hidden_layers: int, zero_init: bool = False
    ) -> None:
        super().__init__()
        out_shape = (out_channels, *in_shape[1:])
        widths = [prod(in_shape), *[width] * hidden_layers]
        last = nn.Linear(width, prod(out_shape))
        if zero_init:
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(
            nn.Flatten(),
            *(nn.Sequential(nn.Linear(n, m), nn.ReLU()) for n, m in pairwise(widths)),
            last,
            nn.Unflatten(1, out_shape),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Compute the parameters of the transformer."""
        return self.layers(x)  # type: ignore[no-any-return]
