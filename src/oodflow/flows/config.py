"""What every flow's configuration can do, and what they share."""

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from oodflow.bijections import MASKS, AffineCoupling, Mask, Shape
from oodflow.config import Config
from oodflow.errors import unknown
from oodflow.flows.flow import Flow
from oodflow.nets import NetConfig


class FlowConfig(Config, ABC):
    """Settings of a flow, and how to build it.

    Attributes:
        rank: how many dimensions its data has: 3 for images ``(C, H, W)``, 1 for vectors ``(D,)``.
    """

    rank: ClassVar[int] = 3

    @abstractmethod
    def build(self, shape: Shape) -> Flow:
        """Build the flow for data of a shape.

        Raises:
            UsageError: when the layers do not fit the shape.
        """


def _known_mask(name: str) -> str:
    if name not in MASKS:
        raise unknown("mask", name, MASKS)
    return name


MaskName = Annotated[str, AfterValidator(_known_mask)]
"""A key of ``MASKS``."""


def coupling(mask: Mask, net: NetConfig, width: int) -> AffineCoupling:
    """Build the coupling of a mask and the st-network that fits it."""
    built = net.build(mask.in_shape, 2 * mask.out_channels, width, interleaved=mask.interleaved)
    return AffineCoupling(mask, built)
