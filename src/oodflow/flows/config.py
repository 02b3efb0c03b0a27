"""What every flow's configuration can do, and what they share."""

from abc import abstractmethod
from math import prod
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from oodflow.bijections import MASKS, AffineCoupling, Bijection, Logit, Mask, Shape, Squeeze
from oodflow.config import Component
from oodflow.errors import UsageError
from oodflow.flows.domain import AnyDomainConfig, DomainConfig, ImagesConfig
from oodflow.flows.flow import Flow
from oodflow.flows.prior import AnyPriorConfig, StandardNormalConfig
from oodflow.nets import NetConfig


class FlowConfig(Component):
    """Settings of a flow, and how to build it.

    Attributes:
        rank: how many dimensions the data of its layers has: 3 for ``(C, H, W)``, 1 for ``(D,)``.
        domain: what the data are; 8-bit images unless the configuration, or one of its kind, says otherwise.
        prior: of the latents.
    """

    rank: ClassVar[int] = 3
    domain: AnyDomainConfig = ImagesConfig()
    prior: AnyPriorConfig = StandardNormalConfig()

    @property
    @abstractmethod
    def title(self) -> str:
        """Name the flow in a table or figure, with what sets it apart from its kind's default."""

    @abstractmethod
    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for data of a shape of the right rank, from it to flat latents."""

    def build(self, shape: Shape) -> Flow:
        """Build the flow for data of :attr:`domain` and of a shape.

        Raises:
            UsageError: when the flow is not for such data, or the layers do not fit the shape.
        """
        if len(shape) != self.rank:
            takes = {3: "data of shape (channels, height, width)", 1: "vectors (length,)"}[self.rank]
            raise UsageError(f"a flow of kind {self.kind} takes {takes} but the data has shape {list(shape)}.")
        domain = self.domain.build(shape)
        flow = Flow(domain, self.bijection(domain.shape), prior=self.prior.build(prod(domain.shape)))
        flow.config = self
        return flow


def _known_mask(name: str) -> str:
    MASKS[name]
    return name


MaskName = Annotated[str, AfterValidator(_known_mask)]
"""A key of ``MASKS``."""


def titled(name: str, *notes: str) -> str:
    """Put a name and notes, some of which may be empty, together.

    Example:
        >>> titled("RealNVP", "", "a bottleneck of 10")
        'RealNVP with a bottleneck of 10'
    """
    said = [note for note in notes if note]
    return f"{name} with {' and '.join(said)}" if said else name


def entrance(domain: DomainConfig, alpha: float) -> list[Bijection]:
    """List the layers that come first: a logit for 8-bit images, which are in [0, 1]; none for real tensors.

    Example:
        >>> entrance(ImagesConfig(), 0.05)
        [Logit(alpha=0.05)]
    """
    return [Logit(alpha)] if domain.is_images else []


def scale_shapes(shape: Shape, scales: int, *, split: bool = True) -> list[Shape]:
    """List the shapes at which the scales begin: between two there is a squeeze, and half of the channels leave.

    Raises:
        UsageError: when a squeeze does not fit; before any network has been built.

    Example:
        >>> scale_shapes((1, 28, 28), 3)
        [(1, 28, 28), (2, 14, 14), (4, 7, 7)]
    """
    shapes = [shape]
    for _ in range(scales - 1):
        channels, height, width = Squeeze().output_shape(shapes[-1])
        shapes.append((channels // 2 if split else channels, height, width))
    return shapes


def coupling(mask: Mask, net: NetConfig, width: int) -> AffineCoupling:
    """Build the coupling of a mask and the st-network that fits it."""
    built = net.build(mask.in_shape, 2 * mask.out_channels, width, interleaved=mask.interleaved)
    return AffineCoupling(mask, built)
