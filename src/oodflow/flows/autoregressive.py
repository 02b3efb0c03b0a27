"""An autoregressive flow over images."""

from typing import ClassVar, Literal

from pydantic import Field

from oodflow.bijections import Autoregressive, Bijection, Chain, Gaussianise, MultiScale, Shape
from oodflow.flows.config import FlowConfig, entrance
from oodflow.nets import CausalConvNet
from oodflow.transformers import AnyTransformerConfig, MixtureConfig


class AutoregressiveConfig(FlowConfig):
    """One autoregressive layer over the pixels in raster order, with mixtures of logistics: a PixelCNN with latents.

    A mixture's distribution function is the flow, and what it makes is logistic, so that a quantile function is left to
    make it normal. Scoring takes one pass of the network, sampling as many as it takes for nothing to change any more,
    one for each number of an image at most.

    Attributes:
        width: channels inside the network.
        blocks: residual blocks of the network.
        transformer: what is done to each number.
        alpha: contraction before the logit, which only 8-bit images have.

    Reference:
        van den Oord, Kalchbrenner, Kavukcuoglu (2016), arXiv:1601.06759; Salimans, Karpathy, Chen, Kingma (2017),
        "PixelCNN++", arXiv:1701.05517, whose logistics are discretised; Papamakarios, Pavlakou, Murray (2017),
        arXiv:1705.07057, who see flows in such.
    """

    slow_to_sample: ClassVar[bool] = True
    kind: Literal["autoregressive"] = "autoregressive"
    width: int = Field(32, ge=1)
    blocks: int = Field(6, ge=1)
    transformer: AnyTransformerConfig = MixtureConfig(spread=3.0, affine=False)
    alpha: float = Field(0.05, ge=0, lt=0.5)

    @property
    def title(self) -> str:
        """Its name, and which parts are others."""
        return self.titled("Autoregressive")

    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for ``(C, H, W)``."""
        channels = shape[0]
        transformer = self.transformer.build(channels)
        net = self.network(channels, transformer.parameters_per_number * channels)
        layers = [*entrance(self.domain, self.alpha), Autoregressive(shape, net, transformer), Gaussianise()]
        return MultiScale(shape, [Chain(layers)])

    def network(self, channels: int, outputs: int) -> CausalConvNet:
        """Build the network, with a view as wide as its blocks make it."""
        return CausalConvNet(channels, outputs, width=self.width, blocks=self.blocks)
