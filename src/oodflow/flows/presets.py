"""The presets by name."""

from typing import Annotated

from pydantic import SerializeAsAny

from oodflow.flows.autoregressive import AutoregressiveConfig
from oodflow.flows.config import FlowConfig
from oodflow.flows.glow import GlowConfig
from oodflow.flows.local import LocalConfig
from oodflow.flows.realnvp import RealNVPConfig
from oodflow.flows.single_scale import SingleScaleConfig
from oodflow.flows.tabular import TabularConfig
from oodflow.flows.tarflow import TarFlowConfig
from oodflow.registry import ChosenFrom, Registry

FLOWS: Registry[type[FlowConfig]] = Registry(
    "flow",
    "oodflow.flows",
    {
        "autoregressive": AutoregressiveConfig,
        "glow": GlowConfig,
        "local": LocalConfig,
        "realnvp": RealNVPConfig,
        "single-scale": SingleScaleConfig,
        "tabular": TabularConfig,
        "tarflow": TarFlowConfig,
    },
)

AnyFlowConfig = Annotated[SerializeAsAny[FlowConfig], ChosenFrom(FLOWS)]
"""Settings of any registered flow."""
