"""Glow."""

from typing import Literal

from pydantic import Field

from oodflow.bijections import MASKS, ActNorm, Bijection, Chain, Conv1x1, MultiScale, Shape, Squeeze
from oodflow.flows.config import FlowConfig, MaskName, coupling, entrance, scale_shapes
from oodflow.nets import AnyNetConfig, HighwayConfig
from oodflow.transformers import AffineConfig, AnyTransformerConfig


class GlowConfig(FlowConfig):
    """Glow as in the paper: at each scale a squeeze and ``steps`` steps, after which half of the channels leave.

    A step is actnorm, an invertible 1x1 convolution and a coupling, channel-wise unless told otherwise.

    Attributes:
        scales: number of scales; the image's sides must be divisible by ``2 ** scales``.
        steps: steps per scale.
        split: whether half of the channels leave after each scale but the last.
        mask: name of the couplings' mask.
        width: channels inside the st-networks, the same at every scale.
        net: the st-network.
        transformer: what the couplings do to each number that they change.
        alpha: contraction before the logit, which only 8-bit images have.

    Reference:
        Kingma, Dhariwal (2018), "Glow", section 3, arXiv:1807.03039; Kirichenko, Izmailov, Wilson (2020), appendix B,
        arXiv:2006.08545. Unlike the former: a logit first, an unconditional prior for the channels that leave.
    """

    kind: Literal["glow"] = "glow"
    scales: int = Field(2, ge=1)
    steps: int = Field(16, ge=1)
    split: bool = True
    mask: MaskName = "channelwise"
    width: int = Field(200, ge=1)
    net: AnyNetConfig = HighwayConfig()
    transformer: AnyTransformerConfig = AffineConfig()
    alpha: float = Field(0.05, ge=0, lt=0.5)

    @property
    def title(self) -> str:
        """Glow, and which masks and parts if they are others."""
        masks = "" if self.mask == "channelwise" else f"{self.mask} masks"
        return self.titled("Glow", masks, "" if self.split else "no splits")

    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for ``(C, H, W)``."""
        shapes = scale_shapes(shape, self.scales, split=self.split)
        stages = [
            Chain([Squeeze(), *(layer for i in range(self.steps) for layer in self._step(squeezed, i))])
            for squeezed in [Squeeze().output_shape(pixels) for pixels in shapes]
        ]
        return Chain([*entrance(self.domain, self.alpha), MultiScale(shape, stages if self.split else [Chain(stages)])])

    def _step(self, shape: Shape, i: int) -> list[Bijection]:
        # The 1x1 convolution mixes channels, so halves of them need not take turns; pixels must.
        mask = MASKS[self.mask](shape, 0)
        mask = MASKS[self.mask](shape, i) if mask.hides_pixels else mask
        return [ActNorm(shape[0]), Conv1x1(shape[0]), coupling(mask, self.net, self.transformer, self.width)]
