"""Multi-scale RealNVP."""

from typing import Literal

from pydantic import Field

from oodflow.bijections import MASKS, Bijection, Chain, Coupling, MultiScale, Shape, Squeeze
from oodflow.flows.config import FlowConfig, MaskName, coupling, entrance, scale_shapes
from oodflow.nets import AnyNetConfig, ResNetConfig
from oodflow.transformers import AffineConfig, AnyTransformerConfig


class RealNVPConfig(FlowConfig):
    """RealNVP as in the paper.

    Each scale but the last is three couplings (checkerboard), a squeeze, three more (channel-wise), and half of the
    channels leave; the last scale is four couplings (checkerboard). The width doubles at every squeeze.

    Attributes:
        scales: number of scales; the image's sides must be divisible by ``2 ** (scales - 1)``. The paper has 2 for
            28x28, 3 for 32x32, 4 (with 4 blocks in the st-network) for CelebA and 5 (with 2) for ImageNet at 64x64.
        mask: name of the mask before each squeeze and at the last scale.
        squeezed_mask: name of the mask after each squeeze.
        width: channels inside the st-networks of the first scale.
        net: the st-network.
        transformer: what the couplings do to each number that they change.
        alpha: contraction before the logit, which only 8-bit images have.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), section 3.6 and 4.1, arXiv:1605.08803; Kirichenko, Izmailov, Wilson
        (2020), appendix B and E, arXiv:2006.08545. Unlike the former there is no batch norm between the couplings.
    """

    kind: Literal["realnvp"] = "realnvp"
    scales: int = Field(2, ge=1)
    mask: MaskName = "checkerboard"
    squeezed_mask: MaskName = "channelwise"
    width: int = Field(64, ge=1)
    net: AnyNetConfig = ResNetConfig()
    transformer: AnyTransformerConfig = AffineConfig()
    alpha: float = Field(0.05, ge=0, lt=0.5)

    @property
    def title(self) -> str:
        """RealNVP, and which masks and parts if they are others."""
        fine = "" if self.mask == "checkerboard" else f"{self.mask} masks"
        coarse = "" if self.squeezed_mask == "channelwise" else f"{self.squeezed_mask} masks after squeezes"
        return self.titled("RealNVP", fine, coarse)

    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for ``(C, H, W)``."""
        return Chain([*entrance(self.domain, self.alpha), MultiScale(shape, self._stages(shape))])

    def _stages(self, shape: Shape) -> list[Bijection]:
        *fine, last = scale_shapes(shape, self.scales)
        stages = [
            Chain([
                *self._couplings(3, self.mask, pixels, scale),
                Squeeze(),
                *self._couplings(3, self.squeezed_mask, Squeeze().output_shape(pixels), scale + 1),
            ])
            for scale, pixels in enumerate(fine)
        ]  # fmt: skip
        return [*stages, Chain(self._couplings(4, self.mask, last, len(fine)))]

    def _couplings(self, number: int, mask: str, shape: Shape, scale: int) -> list[Coupling]:
        width = self.width * 2**scale
        return [coupling(MASKS[mask](shape, turn), self.net, self.transformer, width) for turn in range(number)]
