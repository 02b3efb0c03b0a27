"""What every st-network's configuration can do."""

from abc import ABC, abstractmethod

from torch import nn

from oodflow.config import Config


class NetConfig(Config, ABC):
    """Settings of an st-network, and how to build it for the coupling layer that asks."""

    @abstractmethod
    def build(self, in_channels: int, out_channels: int, width: int, *, hidden_pixels: bool) -> nn.Module:
        """Build a module ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

        Args:
            in_channels: channels that the coupling's mask shows.
            out_channels: scales and shifts together, scales first.
            width: channels inside.
            hidden_pixels: whether the input holds zeros in place of pixels that the mask hides.
        """
