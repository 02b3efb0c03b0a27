"""A transformer flow over patches of images."""

from typing import ClassVar, Literal

from pydantic import Field

from oodflow.bijections import Autoregressive, Bijection, Chain, Flip, MultiScale, Shape, Squeeze
from oodflow.flows.config import FlowConfig, entrance
from oodflow.nets import CausalTransformer
from oodflow.transformers import AffineConfig, AnyTransformerConfig


class TarFlowConfig(FlowConfig):
    """Autoregressive layers over patches, told by transformers, each in the opposite direction of the one before.

    A patch is a pixel of many channels, which all change together. Scoring takes one pass of each network; sampling
    undoes one layer after the other, each in as many passes as it takes for nothing to change any more, one for each
    patch at most.

    Attributes:
        squeezes: how often the image is squeezed; a patch has a side of ``2 ** squeezes``, which must divide the
            image's.
        blocks: number of autoregressive layers.
        width: of the tokens inside the networks.
        layers: attention layers of each network.
        heads: of the attention; must divide the width.
        transformer: what is done to each number.
        alpha: contraction before the logit, which only 8-bit images have.

    Reference:
        Zhai et al. (2024), "Normalizing flows are capable generative models", section 3.2, arXiv:2412.06329, without
        their noise augmentation and denoising; unlike them with a logit and patches' channels in the squeezes' order.
    """

    slow_to_sample: ClassVar[bool] = True
    kind: Literal["tarflow"] = "tarflow"
    squeezes: int = Field(2, ge=0)
    blocks: int = Field(4, ge=1)
    width: int = Field(64, ge=1)
    layers: int = Field(2, ge=1)
    heads: int = Field(2, ge=1)
    transformer: AnyTransformerConfig = AffineConfig()
    alpha: float = Field(0.05, ge=0, lt=0.5)

    @property
    def title(self) -> str:
        """Its name, and which parts are others."""
        return self.titled("TarFlow")

    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for ``(C, H, W)``."""
        patches = Chain([Squeeze()] * self.squeezes)
        squeezed = patches.output_shape(shape)
        layers = [layer for _ in range(self.blocks) for layer in (self._autoregressive(squeezed), Flip())]
        return MultiScale(shape, [Chain([*entrance(self.domain, self.alpha), *patches, *layers])])

    def _autoregressive(self, shape: Shape) -> Autoregressive:
        transformer = self.transformer.build(shape[0])
        outputs = transformer.parameters_per_number * shape[0]
        net = CausalTransformer(shape, outputs, width=self.width, layers=self.layers, heads=self.heads)
        return Autoregressive(shape, net, transformer)
