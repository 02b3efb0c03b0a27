"""Variational dequantisation: a small flow in the pixels' cells that sees the image."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import softplus

from oodflow.bijections import Chain, Coupling, Mask, Shape, Squeeze
from oodflow.bijections.layout import channels_last
from oodflow.flows.dequantisation.dequantisation import Dequantisation, DequantisationConfig
from oodflow.nets import ConvNet
from oodflow.transformers import AffineConfig, AnyTransformerConfig, TransformerConfig

_HALF_STEP = 2.0**-25  # of float32 noise, which is 0 now and then: its logit shall be finite
_LAST = 1 - 2.0**-24  # the last float32 below 1, which a sigmoid may round to


class VariationalConfig(DequantisationConfig):
    """Settings of :class:`Variational`.

    Attributes:
        width: channels of the image's features, and inside the couplings' networks.
        couplings: how many; each changes one half of the noise.
        transformer: what they do to each number; with ``affine`` the dequantisation begins as the uniform one.
    """

    kind: Literal["variational"] = "variational"
    width: int = Field(16, ge=1)
    couplings: int = Field(4, ge=1)
    transformer: AnyTransformerConfig = AffineConfig()

    def build(self, shape: Shape) -> "Variational":
        """Build it, for images whose height and width are even."""
        return Variational(shape, width=self.width, couplings=self.couplings, transformer=self.transformer)


class Variational(Dequantisation):
    r"""A flow :math:`f` from noise to places in the cells, trained with the flow over the images to tighten its bound.

    .. math:: l = \operatorname{logit}(\varepsilon), \qquad y = f(l;\, h(x)), \qquad u = \sigma(y)

    .. math:: \log q(u \mid x) = \sum \log \sigma'(l) - \sum \log \sigma'(y) - \log|\det \partial f / \partial l|

    with :math:`h` two convolutions. Noise and image are squeezed, :math:`[C, H, W] \to [4C, H/2, W/2]`, and the
    features :math:`h(x)` lie between the halves of the noise: a coupling that sees an image is an ordinary one, whose
    mask shows the features and never changes them. The networks, :class:`~oodflow.nets.ConvNet`, begin at zero, so
    where that makes the transformer the identity, :math:`u = \varepsilon` and :math:`\log q = 0` to the last digit.

    Args:
        shape: of the images, ``(C, H, W)``.
        width: channels of the features, and inside the networks.
        couplings: how many.
        transformer: settings of what they do to each number.

    Raises:
        UsageError: for images of odd height or width.

    Reference:
        Ho, Chen, Srinivas, Duan, Abbeel (2019), "Flow++", section 3.1, arXiv:1902.00275.

    Example:
        >>> dequantisation = VariationalConfig(width=4).build((1, 8, 8))
        >>> images, noise = torch.zeros(5, 1, 8, 8, dtype=torch.uint8), torch.rand(5, 1, 8, 8)
        >>> u, log_q = dequantisation(images, noise)
        >>> torch.equal(u, noise), log_q.tolist()  # it begins as the uniform one
        (True, [0.0, 0.0, 0.0, 0.0, 0.0])
    """

    _like: Tensor

    def __init__(self, shape: Shape, *, width: int, couplings: int, transformer: TransformerConfig) -> None:
        super().__init__()
        self.squeeze = Squeeze()
        channels, height, breadth = self.squeeze.output_shape(shape)
        self._parts = [channels // 2, width, channels // 2]
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
        )  # fmt: skip
        masks = [_mask(self._parts, (height, breadth), turn) for turn in range(couplings)]
        self.couplings = Chain([_coupling(mask, transformer, width) for mask in masks])
        self.register_buffer("_like", torch.empty(0), persistent=False)  # knows the dtype of the networks

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Take the noise through the flow."""
        noise, _ = self.squeeze(noise)
        start = torch.logit(noise, eps=_HALF_STEP)
        first, second = start.chunk(2, 1)
        end, log_det = self.couplings(torch.cat([first, self.see(images).to(noise.dtype), second], 1))
        first, _, second = torch.split(end, self._parts, 1)
        end = torch.cat([first, second], 1)
        # By what differs from the identity: where nothing does, no digit is lost.
        u = (noise + (end.sigmoid() - start.sigmoid())).clamp(0, _LAST)
        log_q = (_log_slope(start) - _log_slope(end)).flatten(1).sum(1) - log_det
        return self.squeeze.inverse(u)[0], log_q

    def see(self, images: Tensor) -> Tensor:
        """Compute the features of uint8 images, ``[B, width, H/2, W/2]``."""
        pixels, _ = self.squeeze(images.to(self._like.dtype) / 127.5 - 1)
        features: Tensor = self.features(channels_last(pixels))
        return features


def _mask(parts: list[int], size: tuple[int, ...], turn: int) -> Mask:
    """See the features, which lie in the middle, and one half of the noise; change the other, the first at even turns.

    Args:
        parts: channels of the first half, of the features and of the second half.
        size: pixels.
        turn: of the coupling.
    """
    channel = torch.arange(sum(parts)).reshape(-1, 1, 1).expand(-1, *size)
    change = channel < parts[0] if turn % 2 == 0 else channel >= parts[0] + parts[1]
    return Mask(~change, change)


def _coupling(mask: Mask, transformer: TransformerConfig, width: int) -> Coupling:
    mapping = transformer.build(mask.out_channels)
    outputs = mapping.parameters_per_number * mask.out_channels
    return Coupling(mask, ConvNet(mask.in_shape[0], outputs, width), mapping)


def _log_slope(logits: Tensor) -> Tensor:
    r"""Compute :math:`\log \sigma'`."""
    return -softplus(logits) - softplus(-logits)
