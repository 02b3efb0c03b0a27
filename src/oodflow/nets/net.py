"""What every st-network's configuration can do."""

from abc import abstractmethod

from torch import nn

from oodflow.config import Component

Shape = tuple[int, ...]


class NetConfig(Component):
    """Settings of an st-network, and how to build it for the coupling layer that asks."""

    @property
    def description(self) -> str:
        """What a table should say of it, a plural: its kind and what sets it apart, but for sizes."""
        return f"{self.kind} networks"

    @abstractmethod
    def build(self, in_shape: Shape, out_channels: int, width: int, *, interleaved: bool) -> nn.Module:
        """Build a module ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

        Args:
            in_shape: ``(in_channels, H, W)``, the channels that the coupling's mask shows, or ``(D,)`` of a vector; the
                output has as many pixels.
            out_channels: all parameters of the coupling's transformer together, for each channel that changes.
            width: channels inside.
            interleaved: whether the input holds zeros between its pixels, as a checkerboard leaves them.
        """
