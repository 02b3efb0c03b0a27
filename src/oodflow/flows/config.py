"""What every flow's configuration can do, and what they share."""

from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from oodflow.bijections import MASKS, Bijection, Coupling, Mask, Shape, Squeeze
from oodflow.config import Component
from oodflow.errors import UsageError
from oodflow.flows.flow import Flow
from oodflow.nets import NetConfig
from oodflow.transformers import TransformerConfig


class FlowConfig(Component):
    """Settings of a flow, and how to build it.

    Attributes:
        rank: how many dimensions its data has: 3 for images ``(C, H, W)``, 1 for vectors ``(D,)``.
    """

    rank: ClassVar[int] = 3

    @property
    @abstractmethod
    def title(self) -> str:
        """Name the flow in a table or figure, with all but sizes that sets it apart from its kind's default."""

    def described(self, field: str) -> str:
        """Describe the net or transformer in a field, for the title; empty where it is the kind's default but in size.

        Example:
            >>> from oodflow.flows import RealNVPConfig
            >>> RealNVPConfig().described("net"), RealNVPConfig(net="convnet").described("net")
            ('', 'convnets')
        """
        description: str = getattr(self, field).description
        default = type(self).model_fields[field].default.description
        return "" if description == default else description

    @abstractmethod
    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for data of a shape of the right rank, from it to flat latents."""

    def build(self, shape: Shape) -> Flow:
        """Build the flow for data of a shape.

        Raises:
            UsageError: when the flow is not for such data, or the layers do not fit the shape.
        """
        if len(shape) != self.rank:
            takes = {3: "images (channels, height, width)", 1: "vectors (length,)"}[self.rank]
            raise UsageError(f"a flow of kind {self.kind} takes {takes} but the data has shape {list(shape)}.")
        return Flow(shape, self.bijection(shape))


def _known_mask(name: str) -> str:
    MASKS[name]
    return name


MaskName = Annotated[str, AfterValidator(_known_mask)]
"""A key of ``MASKS``."""


def titled(name: str, *notes: str) -> str:
    """Put a name and notes, some of which may be empty, together.

    Example:
        >>> titled("RealNVP", "", "cycle masks", "a bottleneck of 10")
        'RealNVP with cycle masks, a bottleneck of 10'
    """
    said = [note for note in notes if note]
    return f"{name} with {', '.join(said)}" if said else name


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


def coupling(mask: Mask, net: NetConfig, transformer: TransformerConfig, width: int) -> Coupling:
    """Build the coupling of a mask, and the transformer and st-network that fit it."""
    changed = mask.out_channels
    mapping = transformer.build(changed)
    outputs = mapping.parameters_per_number * changed
    return Coupling(mask, net.build(mask.in_shape, outputs, width, interleaved=mask.interleaved), mapping)
