"""Couplings of one mask at the image's own size."""

from typing import Literal

from pydantic import Field

from oodflow.bijections import MASKS, Bijection, Chain, MultiScale, Patchify, Shape
from oodflow.errors import UsageError
from oodflow.flows.config import FlowConfig, MaskName, coupling, entrance
from oodflow.nets import AnyNetConfig, ResNetConfig
from oodflow.transformers import AffineConfig, AnyTransformerConfig


class SingleScaleConfig(FlowConfig):
    """A row of couplings whose mask takes turns, without squeezes: the paper's flows to compare masks with.

    Eight couplings are its RealNVP of a fixed size with checkerboard, horizontal or cycle mask, three horizontal and
    two checkerboard ones the small flows of its Figure 3.

    Attributes:
        couplings: number of coupling layers.
        mask: name of the mask.
        patches: cut the image into ``patches x patches`` pieces and treat each as an image of its own.
        width: channels inside the st-networks.
        net: the st-network.
        transformer: what the couplings do to each number that they change.
        alpha: contraction before the logit, which only 8-bit images have.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), section 4.2, Figure 3, appendix K and L, arXiv:2006.08545.
    """

    kind: Literal["single-scale"] = "single-scale"
    couplings: int = Field(8, ge=1)
    mask: MaskName = "checkerboard"
    patches: int = Field(1, ge=1)
    width: int = Field(64, ge=1)
    net: AnyNetConfig = ResNetConfig()
    transformer: AnyTransformerConfig = AffineConfig()
    alpha: float = Field(0.05, ge=0, lt=0.5)

    @property
    def title(self) -> str:
        """How many couplings of which mask, and which parts if they are others."""
        patches = "" if self.patches == 1 else f" in {self.patches} x {self.patches} patches"
        return self.titled(f"{self.couplings} {self.mask} couplings{patches}")

    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for ``(C, H, W)``."""
        layers = [self._layer(shape, turn) for turn in range(self.couplings)]
        return MultiScale(shape, [Chain([*entrance(self.domain, self.alpha), *layers])])

    def _layer(self, shape: Shape, turn: int) -> Bijection:
        channels, height, width = shape
        if height % self.patches or width % self.patches:
            raise UsageError(f"patches is {self.patches} but must divide height and width, {height} and {width}.")
        patch = (channels, height // self.patches, width // self.patches)
        layer = coupling(MASKS[self.mask](patch, turn), self.net, self.transformer, self.width)
        return layer if self.patches == 1 else Patchify(layer, rows=self.patches, columns=self.patches)
