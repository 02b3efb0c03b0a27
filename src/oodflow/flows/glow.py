"""Glow."""

from typing import Literal

from pydantic import Field

from oodflow.bijections import (
    ActNorm,
    AffineCoupling,
    Bijection,
    Chain,
    Conv1x1,
    Logit,
    MultiScale,
    Shape,
    Squeeze,
    channelwise,
)
from oodflow.config import Config
from oodflow.flows.flow import Flow
from oodflow.nets import AnyNetConfig, HighwayConfig


class GlowConfig(Config):
    """Glow as in the paper: at each scale a squeeze and ``steps`` steps, after which half of the channels leave.

    A step is actnorm, an invertible 1x1 convolution and a channel-wise coupling.

    Attributes:
        scales: number of scales; the image's sides must be divisible by ``2 ** scales``.
        steps: steps per scale.
        width: channels inside the st-networks, the same at every scale.
        net: the st-network.
        alpha: contraction before the logit.

    Reference:
        Kingma, Dhariwal (2018), "Glow", section 3, arXiv:1807.03039; Kirichenko, Izmailov, Wilson (2020), appendix B,
        arXiv:2006.08545. Unlike the former: a logit first, an unconditional prior for the channels that leave.
    """

    kind: Literal["glow"] = "glow"
    scales: int = Field(2, ge=1)
    steps: int = Field(16, ge=1)
    width: int = Field(200, ge=1)
    net: AnyNetConfig = HighwayConfig()
    alpha: float = Field(0.05, ge=0, lt=0.5)

    def build(self, shape: Shape) -> Flow:
        """Build the flow for images ``(C, H, W)``."""
        stages = []
        channels, height, width = shape
        for _ in range(self.scales):
            channels, height, width = 4 * channels, height // 2, width // 2
            steps = [layer for _ in range(self.steps) for layer in self._step((channels, height, width))]
            stages.append(Chain([Squeeze(), *steps]))
            channels = channels // 2
        return Flow(shape, Chain([Logit(self.alpha), MultiScale(shape, stages)]))

    def _step(self, shape: Shape) -> list[Bijection]:
        mask = channelwise(shape)
        net = self.net.build(mask.in_channels, 2 * mask.out_channels, self.width, hidden_pixels=mask.hides_pixels)
        return [ActNorm(shape[0]), Conv1x1(shape[0]), AffineCoupling(mask, net)]
