"""The networks of layers, one a file. ``NETS`` names the configurations of those of couplings."""

from typing import Annotated

from pydantic import SerializeAsAny

from oodflow.nets.attention import CausalTransformer
from oodflow.nets.batch_norm import BatchNorm, statistics_across_ranks, statistics_of_first
from oodflow.nets.bottleneck import Bottleneck, BottleneckConfig
from oodflow.nets.causal import CausalConvNet
from oodflow.nets.convnet import ConvNet, ConvNetConfig
from oodflow.nets.fold import Foldable, folded
from oodflow.nets.groupwise import GroupwiseNorm, groupwise, has_batch_norm
from oodflow.nets.highway import Highway, HighwayConfig
from oodflow.nets.mlp import MLP, MLPConfig
from oodflow.nets.net import NetConfig
from oodflow.nets.resnet import ResNet, ResNetConfig
from oodflow.nets.weight_norm import WeightNormConv
from oodflow.registry import ChosenFrom, Registry

NETS: Registry[type[NetConfig]] = Registry(
    "net",
    "oodflow.nets",
    {
        "bottleneck": BottleneckConfig,
        "convnet": ConvNetConfig,
        "highway": HighwayConfig,
        "mlp": MLPConfig,
        "resnet": ResNetConfig,
    },
)

AnyNetConfig = Annotated[SerializeAsAny[NetConfig], ChosenFrom(NETS)]
"""Settings of any registered net."""

__all__ = [
    "MLP", "NETS", "AnyNetConfig", "BatchNorm", "Bottleneck", "BottleneckConfig", "CausalConvNet", "CausalTransformer",
    "ConvNet", "ConvNetConfig", "Foldable", "GroupwiseNorm", "Highway", "HighwayConfig", "MLPConfig", "NetConfig",
    "ResNet", "ResNetConfig", "WeightNormConv", "folded", "groupwise", "has_batch_norm", "statistics_across_ranks",
    "statistics_of_first",
]  # fmt: skip
