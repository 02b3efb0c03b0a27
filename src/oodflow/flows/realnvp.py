"""Multi-scale RealNVP."""

from typing import Literal

from pydantic import Field

from oodflow.bijections import (
    AffineCoupling,
    Bijection,
    Chain,
    Logit,
    Mask,
    MultiScale,
    Shape,
    Squeeze,
    channelwise,
    checkerboard,
)
from oodflow.config import Config
from oodflow.flows.flow import Flow
from oodflow.nets import AnyNetConfig, ResNetConfig


class RealNVPConfig(Config):
    """RealNVP as in the paper.

    Each scale but the last is three checkerboard couplings, a squeeze, three channel-wise couplings, and half of the
    channels leave; the last scale is four checkerboard couplings. The width doubles at every squeeze.

    Attributes:
        scales: number of scales; the image's sides must be divisible by ``2 ** (scales - 1)``.
        width: channels inside the st-networks of the first scale.
        net: the st-network.
        alpha: contraction before the logit.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), section 3.6 and 4.1, arXiv:1605.08803; Kirichenko, Izmailov, Wilson
        (2020), appendix B, arXiv:2006.08545. Unlike the former there is no batch norm between the couplings.
    """

    kind: Literal["realnvp"] = "realnvp"
    scales: int = Field(2, ge=1)
    width: int = Field(64, ge=1)
    net: AnyNetConfig = ResNetConfig()
    alpha: float = Field(0.05, ge=0, lt=0.5)

    def build(self, shape: Shape) -> Flow:
        """Build the flow for images ``(C, H, W)``."""
        return Flow(shape, Chain([Logit(self.alpha), MultiScale(shape, self._stages(shape))]))

    def _stages(self, shape: Shape) -> list[Bijection]:
        channels, height, width = shape
        stages: list[Bijection] = []
        for scale in range(self.scales - 1):
            fine, coarse = (channels, height, width), (4 * channels, height // 2, width // 2)
            stages.append(
                Chain([
                    self._coupling(checkerboard(fine), scale),
                    self._coupling(checkerboard(fine, reverse=True), scale),
                    self._coupling(checkerboard(fine), scale),
                    Squeeze(),
                    self._coupling(channelwise(coarse), scale + 1),
                    self._coupling(channelwise(coarse, reverse=True), scale + 1),
                    self._coupling(channelwise(coarse), scale + 1),
                ])
            )  # fmt: skip
            channels, height, width = 2 * channels, height // 2, width // 2
        last, scale = (channels, height, width), self.scales - 1
        stages.append(Chain([self._coupling(checkerboard(last, reverse=i % 2 == 1), scale) for i in range(4)]))
        return stages

    def _coupling(self, mask: Mask, scale: int) -> AffineCoupling:
        width = self.width * 2**scale
        net = self.net.build(mask.in_channels, 2 * mask.out_channels, width, hidden_pixels=mask.hides_pixels)
        return AffineCoupling(mask, net)
