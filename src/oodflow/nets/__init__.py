"""The st-networks of coupling layers, one a file. ``NETS`` names their configurations."""

from typing import Annotated

from pydantic import Field

from oodflow.nets.convnet import ConvNet, ConvNetConfig
from oodflow.nets.highway import Highway, HighwayConfig
from oodflow.nets.net import NetConfig
from oodflow.nets.resnet import ResNet, ResNetConfig

NETS: dict[str, type[NetConfig]] = {
    "convnet": ConvNetConfig,
    "highway": HighwayConfig,
    "resnet": ResNetConfig,
}

AnyNetConfig = Annotated[ConvNetConfig | HighwayConfig | ResNetConfig, Field(discriminator="kind")]

__all__ = [
    "NETS", "AnyNetConfig", "ConvNet", "ConvNetConfig", "Highway", "HighwayConfig", "NetConfig", "ResNet",
    "ResNetConfig",
]  # fmt: skip
