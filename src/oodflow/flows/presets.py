"""The presets by name."""

from typing import Annotated

from pydantic import Field

from oodflow.flows.config import FlowConfig
from oodflow.flows.glow import GlowConfig
from oodflow.flows.realnvp import RealNVPConfig
from oodflow.flows.single_scale import SingleScaleConfig
from oodflow.flows.tabular import TabularConfig

FLOWS: dict[str, type[FlowConfig]] = {
    "glow": GlowConfig,
    "realnvp": RealNVPConfig,
    "single-scale": SingleScaleConfig,
    "tabular": TabularConfig,
}

AnyFlowConfig = Annotated[GlowConfig | RealNVPConfig | SingleScaleConfig | TabularConfig, Field(discriminator="kind")]
