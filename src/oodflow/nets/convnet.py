"""The convolutional st-network of Glow."""

from collections.abc import Sequence
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from oodflow.nets.fold import scale_output
from oodflow.nets.net import NetConfig, Shape


class ConvNetConfig(NetConfig):
    """Settings of :class:`ConvNet`.

    Attributes:
        actnorm: whether to normalise as Kingma and Dhariwal's code does; the authors' ``glow_convnet`` does not.
    """

    kind: Literal["convnet"] = "convnet"
    actnorm: bool = False

    @property
    def description(self) -> str:
        """Whether there are actnorms inside."""
        return "convnets and actnorm" if self.actnorm else "convnets"

    def build(self, in_shape: Shape, out_channels: int, width: int, *, interleaved: bool) -> nn.Module:
        """Build the network; what is hidden makes no difference to it."""
        return ConvNet(in_shape[0], out_channels, width, actnorm=self.actnorm)


class ConvNet(nn.Module):
    r"""Three convolutions, 3x3, 1x1 and 3x3, with ReLUs between them.

    With ``actnorm`` the first two have an actnorm in place of their bias, set from the first batch, and the output is
    scaled:

    .. math:: h_i = \operatorname{relu}\bigl((w_i * h_{i-1} + b_i)\, e^{l_i}\bigr), \qquad
              y = (w_3 * h_2 + b_3)\, e^{3 l_3}

    The last convolution starts at zero, so that the coupling layer starts as the identity.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        width: channels inside.
        actnorm: whether to normalise.

    Shapes: ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

    Reference:
        Kingma, Dhariwal (2018), "Glow", section 3.1 and appendix B, arXiv:1807.03039; the factor 3 is their code's.
    """

    def __init__(self, in_channels: int, out_channels: int, width: int, *, actnorm: bool = False) -> None:
        super().__init__()
        last = nn.Conv2d(width, out_channels, 3, padding=1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]
        convolution = ActNormConv if actnorm else nn.Conv2d
        self.layers = nn.Sequential(
            convolution(in_channels, width, 3, padding=1), nn.ReLU(inplace=True),
            convolution(width, width, 1), nn.ReLU(inplace=True),
            last,
        )  # fmt: skip
        self.log_scale = nn.Parameter(torch.zeros(out_channels, 1, 1)) if actnorm else None

    def forward(self, x: Tensor) -> Tensor:
        """Compute the parameters of the transformer."""
        *hidden, last = cast(Sequence[nn.Module], self.layers)
        for layer in hidden:
            x = layer(x)
        if self.log_scale is None:
            return last(x)  # type: ignore[no-any-return]
        last = cast(nn.Conv2d, last)
        return scaled_convolution(x, last, cast(Tensor, last.bias), 3 * self.log_scale)

    def fold_norms(self) -> None:
        """Let the convolutions take over the actnorms and the scale, for inference."""
        for i, layer in enumerate(self.layers):
            if isinstance(layer, ActNormConv):
                self.layers[i] = layer.as_convolution()
        if self.log_scale is not None:
            scale = (3 * self.log_scale).exp().flatten()
            scale_output(cast(nn.Conv2d, self.layers[-1]), scale, torch.zeros_like(scale))
            self.log_scale = None

    def initialise(self, x: Tensor) -> None:
        """Set the actnorms, if there are any, from one batch."""
        for layer in self.layers:
            if isinstance(layer, ActNormConv):
                layer.initialise(x)
            x = layer(x)


class ActNormConv(nn.Module):
    r"""A convolution whose output channels are shifted and scaled: :math:`(w * x + b)\, e^l`.

    :meth:`initialise` sets :math:`b` and :math:`l` so that they have mean 0 and variance 1 on the first batch.

    Reference:
        Kingma, Dhariwal (2018), "Glow", section 3.1, arXiv:1807.03039.
    """

    initialised: Tensor

    def __init__(self, in_channels: int, out_channels: int, size: int, padding: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, size, padding=padding, bias=False)
        nn.init.normal_(self.conv.weight, std=0.05)
        self.bias = nn.Parameter(torch.zeros(out_channels, 1, 1))
        self.log_scale = nn.Parameter(torch.zeros(out_channels, 1, 1))
        self.register_buffer("initialised", torch.tensor(False))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve and normalise."""
        return scaled_convolution(x, self.conv, self.bias, self.log_scale)

    def as_convolution(self) -> nn.Conv2d:
        """Return it as a plain convolution, for inference; this one is used up."""
        scale = self.log_scale.exp().flatten()
        scale_output(self.conv, scale, scale * self.bias.flatten())
        return self.conv

    @torch.no_grad()
    def initialise(self, x: Tensor) -> None:
        """Set bias and scale from a batch, unless that has been done before."""
        if not self.initialised:
            y = self.conv(x)
            mean = y.mean((0, 2, 3), keepdim=True)[0]
            deviation = (y - mean).square().mean((0, 2, 3), keepdim=True)[0].sqrt()
            self.bias.copy_(-mean)
            self.log_scale.copy_(-(deviation + 1e-6).log())
            self.initialised.fill_(True)


def scaled_convolution(x: Tensor, conv: nn.Conv2d, bias: Tensor, log_scale: Tensor) -> Tensor:
    r"""Compute :math:`(w * x + b)\, e^l` as :math:`(e^l w) * x + e^l b`, for weights are few and pixels many."""
    scale = log_scale.flatten().exp()
    return conv2d(x, conv.weight * scale[:, None, None, None], bias.flatten() * scale, padding=conv.padding)
