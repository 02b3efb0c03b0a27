"""Convolutions that see only what comes before a number."""

from functools import partial
from itertools import cycle, islice

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

_STEPS = (1, 2, 4)


class CausalConv(nn.Conv2d):
    r"""A convolution whose output at a number depends on the numbers before it alone, and on the number if it may.

    Numbers are ordered by row, column and channel. Of hidden channels, channel :math:`j` stands for the image's channel
    :math:`j \bmod C`. The kernel has no rows below the number's own, and in that one the weights that would look ahead
    are masked out.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        reach: how many steps the kernel goes up, left and right; 0 is a 1x1 convolution.
        step: pixels from one to the next.
        colours: :math:`C`, channels of the image.
        strict: whether the number itself is hidden as well: so it must be in the first layer.

    Shapes: ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

    Reference:
        van den Oord, Kalchbrenner, Kavukcuoglu (2016), "Pixel recurrent neural networks", section 3.4, masks A and B,
        arXiv:1601.06759.
    """

    mask: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, reach: int, *, step: int = 1, colours: int, strict: bool = False
    ) -> None:
        super().__init__(in_channels, out_channels, (reach + 1, 2 * reach + 1), dilation=step)
        mask = torch.ones(self.weight.shape, dtype=torch.bool)
        mask[:, :, reach, reach + 1 :] = False
        sees, speaks = torch.arange(in_channels) % colours, torch.arange(out_channels)[:, None] % colours
        mask[:, :, reach, reach] = sees < speaks if strict else sees <= speaks
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve with what is left of the kernel."""
        height, width = self.kernel_size
        up, aside = (height - 1) * self.dilation[0], width // 2 * self.dilation[1]
        x = pad(x, (aside, aside, up, 0)) if up else x
        return conv2d(x, self.weight * self.mask, self.bias, dilation=self.dilation)


class CausalConvNet(nn.Module):
    r"""A causal residual network.

    .. math:: h_0 = \operatorname{conv}_v(x), \qquad
              h_i = h_{i-1} + \operatorname{conv}_0(\operatorname{relu}(\operatorname{conv}_r(
              \operatorname{relu}(h_{i-1})))), \qquad
              y = \operatorname{conv}_0(\operatorname{relu}(h_n))

    with causal convolutions, told apart by their reach, of which the first is strict. With :math:`v = 3, r = 1` those
    of the blocks go in steps of 1, 2 and 4 pixels in turn: a wide view of few weights. With :math:`r = 0` the view is
    that of the first. The last begins at zero.

    Args:
        in_channels: channels of the image.
        out_channels: channels of the output, a multiple of those.
        width: channels inside.
        blocks: :math:`n`; three see 7 pixels farther.
        view: :math:`v` of a network that sees no farther than so many pixels up and to each side; none: the wide view.

    Shapes: ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

    Reference:
        van den Oord, Kalchbrenner, Kavukcuoglu (2016), section 3.5, arXiv:1601.06759; van den Oord et al. (2016),
        "WaveNet", section 2.1, arXiv:1609.03499, for the steps.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, width: int, blocks: int, view: int | None = None
    ) -> None:
        super().__init__()
        conv = partial(CausalConv, colours=in_channels)
        self.first = conv(in_channels, width, 3 if view is None else view, strict=True)
        reach = 1 if view is None else 0
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.ReLU(), conv(width, width, reach, step=step), nn.ReLU(inplace=True), conv(width, width, 0))
            for step in islice(cycle(_STEPS), blocks)
        )
        self.last = conv(width, out_channels, 0)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Compute the parameters of the transformer."""
        h: Tensor = self.first(x)
        for block in self.blocks:
            h = h + block(h)
        return self.last(h.relu())  # type: ignore[no-any-return]
