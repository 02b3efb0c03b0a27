"""What every flow's configuration can do, and what they share."""

from abc import abstractmethod
from math import prod
from typing import Annotated, ClassVar

import torch
from pydantic import AfterValidator

from oodflow.bijections import MASKS, Bijection, Coupling, Logit, Mask, Shape, Squeeze
from oodflow.config import Component
from oodflow.errors import UsageError
from oodflow.flows.domains import AnyDomainConfig, DomainConfig, ImagesConfig
from oodflow.flows.domains.domain import checked_shape
from oodflow.flows.flow import Flow
from oodflow.flows.precision import in_float32_on_the_cpu
from oodflow.flows.prior import AnyPriorConfig, StandardNormalConfig
from oodflow.nets import NetConfig
from oodflow.transformers import TransformerConfig

_PARTS = ("net", "transformer", "domain", "prior")  # which a title describes


class FlowConfig(Component):
    """Settings of a flow, and how to build it.

    Attributes:
        rank: how many dimensions the data of its layers has: 3 for ``(C, H, W)``, 1 for ``(D,)``.
        domain: what the data are; 8-bit images unless the configuration, or one of its kind, says otherwise.
        prior: of the latents.
        slow_to_sample: whether samples take many passes of the networks, unlike likelihoods.
    """

    rank: ClassVar[int] = 3
    slow_to_sample: ClassVar[bool] = False
    domain: AnyDomainConfig = ImagesConfig()
    prior: AnyPriorConfig = StandardNormalConfig()

    @property
    @abstractmethod
    def title(self) -> str:
        """Name the flow in a table or figure, with all but sizes that sets it apart from its kind's default."""

    def titled(self, name: str, *notes: str) -> str:
        """Put a title together: a name, what else is to be said, and each part that differs in more than its size.

        Args:
            name: of the kind.
            notes: some of which may be empty.

        Example:
            >>> from oodflow.flows import RealNVPConfig
            >>> RealNVPConfig(net="convnet").titled("RealNVP", "", "cycle masks")
            'RealNVP with cycle masks, convnets'
        """
        said = [note for note in (*notes, *map(self._described, _PARTS)) if note]
        return f"{name} with {', '.join(said)}" if said else name

    def _described(self, part: str) -> str:
        """Describe a part, or not if there is none or it is the kind's default but for its size."""
        field = type(self).model_fields.get(part)
        if field is None:
            return ""
        description: str = getattr(self, part).description
        return "" if description == getattr(field.get_default(), "description", "") else description

    @abstractmethod
    def bijection(self, shape: Shape) -> Bijection:
        """Build the layers for data of a shape of the right rank, from it to flat latents."""

    def build(self, shape: Shape) -> Flow:
        """Build the flow for data of :attr:`domain` and of a shape, in float32 and on PyTorch's default device.

        What is drawn for its weights is the same, whatever the default dtype and device are.

        Raises:
            UsageError: when the flow is not for such data, or the layers do not fit the shape.
        """
        shape = checked_shape(shape)
        if len(shape) != self.rank:
            takes = {3: "data of shape (channels, height, width)", 1: "vectors (length,)"}.get(
                self.rank, f"data of {self.rank} dimensions"
            )
            raise UsageError(f"a flow of kind {self.kind} takes {takes} but the data has shape {list(shape)}.")
        with in_float32_on_the_cpu():
            domain = self.domain.build(shape)
            flow = Flow(domain, self.bijection(domain.shape), prior=self.prior.build(prod(domain.shape)))
        flow.config = self
        return flow.to(torch.get_default_device())


def _known_mask(name: str) -> str:
    MASKS[name]
    return name


MaskName = Annotated[str, AfterValidator(_known_mask)]
"""A key of ``MASKS``."""


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


def coupling(mask: Mask, net: NetConfig, transformer: TransformerConfig, width: int) -> Coupling:
    """Build the coupling of a mask, and the transformer and st-network that fit it."""
    changed = mask.out_channels
    mapping = transformer.build(changed)
    outputs = mapping.parameters_per_number * changed
    return Coupling(mask, net.build(mask.in_shape, outputs, width, interleaved=mask.interleaved), mapping)
