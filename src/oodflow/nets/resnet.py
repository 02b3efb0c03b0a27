"""The weight-normed residual st-network of RealNVP."""

from typing import Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import relu

from oodflow.nets.batch_norm import BatchNorm
from oodflow.nets.fold import affine, scale_output
from oodflow.nets.net import NetConfig, Shape
from oodflow.nets.weight_norm import WeightNormConv


class ResNetConfig(NetConfig):
    """Settings of :class:`ResNet`."""

    kind: Literal["resnet"] = "resnet"
    blocks: int = Field(8, ge=1)
    batch_norm: bool = True
    skip: bool = True
    zero_init: bool = False

    @property
    def description(self) -> str:
        """Whether skips or norms are missing."""
        missing = [name for name, there in (("skips", self.skip), ("batch norm", self.batch_norm)) if not there]
        return f"resnets without {' or '.join(missing)}" if missing else "resnets"

    def build(self, in_shape: Shape, out_channels: int, width: int, *, interleaved: bool) -> nn.Module:
        """Build the network."""
        return ResNet(
            in_shape[0],
            out_channels,
            width,
            blocks=self.blocks,
            batch_norm=self.batch_norm,
            skip=self.skip,
            zero_init=self.zero_init,
            input_gain=input_gain(interleaved=interleaved, batch_norm=self.batch_norm),
        )


class ResNet(nn.Module):
    r"""Residual network with weight-normed convolutions.

    .. math:: u = g\,\operatorname{bn}(x), \qquad
              h_0 = \operatorname{conv}_{3\times3}(\operatorname{relu}([u, -u])), \qquad
              h_i = h_{i-1} + \operatorname{block}_i(h_{i-1})

    .. math:: y = \operatorname{conv}_{1\times1}\bigl(\operatorname{relu}(\operatorname{bn}(
              {\textstyle\sum_i \operatorname{conv}_{1\times1}^{(i)}(h_i)}))\bigr)

    where each block is [batch norm, ReLU, 3x3 convolution] twice. Without skips the last :math:`h_i` stands in for
    the sum.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        width: channels inside.
        blocks: number of residual blocks.
        batch_norm: whether to normalise; its statistics are of the training batches.
        skip: whether every block speaks to the output through a 1x1 convolution of its own.
        zero_init: whether the last convolution starts at zero, so that the coupling layer starts as the identity.
        input_gain: :math:`g`; 2 makes up for the zeros of a checkerboard, which count in the first norm's statistics.
        middle: a module that ``h`` goes through after the middle block, such as a bottleneck; not together with
            skips, which lead around it.

    Shapes: ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 4.1, arXiv:1605.08803;
        Kirichenko, Izmailov, Wilson (2020), appendix B, arXiv:2006.08545.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        width: int,
        *,
        blocks: int,
        batch_norm: bool = True,
        skip: bool = True,
        zero_init: bool = False,
        input_gain: float = 1.0,
        middle: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.input_gain = input_gain
        self.in_norm = _norm(in_channels, batch_norm)
        self.in_conv = _conv(2 * in_channels, width, 3)
        self.blocks = nn.ModuleList(_block(width, batch_norm) for _ in range(blocks))
        self.skips = nn.ModuleList(_conv(width, width, 1) for _ in range(blocks + 1)) if skip else None
        self.middle = middle or nn.Identity()
        self.out_norm = _norm(width, batch_norm)
        self.out_conv = _conv(width, out_channels, 1, zero=zero_init)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the parameters of the transformer."""
        x = self.in_norm(x) * self.input_gain
        h = self.in_conv(relu(torch.cat([x, -x], 1)))
        total = self.skips[0](h) if self.skips is not None else h
        for i, block in enumerate(self.blocks):
            h = block(h).add_(h)  # in place: no layer's gradient needs what is overwritten
            if i + 1 == len(self.blocks) // 2:
                h = self.middle(h)
            total = total.add_(self.skips[i + 1](h)) if self.skips is not None else h
        return self.out_conv(torch.relu_(self.out_norm(total)))  # type: ignore[no-any-return]

    def fold_norms(self) -> None:
        """Let convolutions take over the norms that follow them, for inference: see :func:`~oodflow.nets.folded`.

        The norms at the head of a block stay: others need what they see as it is.
        """
        for block in self.blocks:
            _, _, conv, norm, *_ = cast(nn.Sequential, block)
            if isinstance(norm, nn.BatchNorm2d):
                scale_output(cast(nn.Conv2d, conv), *affine(norm))
                cast(nn.Sequential, block)[3] = nn.Identity()
        if self.skips is not None and isinstance(self.out_norm, nn.BatchNorm2d):  # the norm of a sum of convolutions
            scale, shift = affine(self.out_norm)
            for i, skip in enumerate(self.skips):
                scale_output(cast(nn.Conv2d, skip), scale, shift if i == 0 else torch.zeros_like(shift))
            self.out_norm = nn.Identity()


def input_gain(*, interleaved: bool, batch_norm: bool) -> float:
    """Tell :math:`g`: 2 for a checkerboard, as the authors have it, if there is a norm to make up for."""
    return 2.0 if interleaved and batch_norm else 1.0


def _block(width: int, batch_norm: bool) -> nn.Module:
    return nn.Sequential(
        _norm(width, batch_norm), nn.ReLU(inplace=batch_norm), _conv(width, width, 3, bias=False),
        _norm(width, batch_norm), nn.ReLU(inplace=True), _conv(width, width, 3),
    )  # fmt: skip


def _norm(channels: int, batch_norm: bool) -> nn.Module:
    return BatchNorm(channels) if batch_norm else nn.Identity()


def _conv(in_channels: int, out_channels: int, size: int, *, bias: bool = True, zero: bool = False) -> nn.Module:
    """Build a weight-normed convolution; ``zero`` sets its gain, not the direction, to zero: it can still learn."""
    conv = WeightNormConv(in_channels, out_channels, size, bias=bias)
    if zero:
        for name in ("parametrizations.weight.original0", "bias"):
            nn.init.zeros_(conv.get_parameter(name))
    return conv
