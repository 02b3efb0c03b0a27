"""RealNVP for vectors."""

from typing import ClassVar, Literal

from pydantic import Field

from oodflow.bijections import Bijection, Chain, Shape, channelwise
from oodflow.errors import UsageError
from oodflow.flows.config import FlowConfig, coupling
from oodflow.flows.domains import AnyDomainConfig, StandardisedConfig
from oodflow.nets import MLPConfig
from oodflow.transformers import AffineConfig, AnyTransformerConfig


class TabularConfig(FlowConfig):
    """RealNVP for tabular data and embeddings: couplings that see one half of the vector and change the other, in turn.

    Attributes:
        couplings: number of coupling layers.
        width: hidden units in each layer of the st-networks.
        net: the st-network.
        transformer: what the couplings do to each number that they change.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix O, arXiv:2006.08545.
    """

    rank: ClassVar[int] = 1
    domain: AnyDomainConfig = StandardisedConfig()
    kind: Literal["tabular"] = "tabular"
    couplings: int = Field(8, ge=1)
    width: int = Field(256, ge=1)
    net: MLPConfig = MLPConfig()
    transformer: AnyTransformerConfig = AffineConfig()

    @property
    def title(self) -> str:
        """Its name, and which parts are others."""
        return self.titled("Tabular RealNVP")

    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for vectors ``(D,)``."""
        if shape == (1,):
            raise UsageError(
                "its couplings change some columns by what they see in others, but there is one: take 2 or more."
            )
        # The authors' first coupling sees the first half: that is the second turn.
        masks = [channelwise(shape, turn + 1) for turn in range(self.couplings)]
        return Chain([coupling(mask, self.net, self.transformer, self.width) for mask in masks])
