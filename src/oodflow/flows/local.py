"""A flow that sees a small neighbourhood of each pixel, and nothing else of the image."""

from typing import Literal

from pydantic import Field

from oodflow.flows.autoregressive import AutoregressiveConfig
from oodflow.nets import CausalConvNet


class LocalConfig(AutoregressiveConfig):
    """An autoregressive flow whose network sees no farther than a few pixels: it knows texture, and no shapes.

    Its likelihood is that of the features that all images share. As the background of a likelihood ratio
    (:class:`oodflow.scores.LikelihoodRatio`) it takes them out of another flow's.

    Attributes:
        view: how many pixels up and to each side it sees.
        width: channels inside the network.
        blocks: residual blocks of 1x1 convolutions.
        transformer: what is done to each number.
        alpha: contraction before the logit, which only 8-bit images have.

    Reference:
        Zhang, Zhang, McDonagh (2021), "On the out-of-distribution generalization of probabilistic image modelling",
        section 3, arXiv:2109.02639, whose logistics are discretised.
    """

    kind: Literal["local"] = "local"  # type: ignore[assignment]
    view: int = Field(2, ge=1)
    blocks: int = Field(2, ge=0)

    @property
    def title(self) -> str:
        """Its name, and which parts are others."""
        return self.titled("Local")

    def network(self, channels: int, outputs: int) -> CausalConvNet:
        """Build the network, which sees no farther than the view."""
        return CausalConvNet(channels, outputs, width=self.width, blocks=self.blocks, view=self.view)
