"""The presets by name."""

from typing import Annotated

from pydantic import Field

from oodflow.flows.glow import GlowConfig
from oodflow.flows.realnvp import RealNVPConfig

FLOWS: dict[str, type[RealNVPConfig] | type[GlowConfig]] = {
    "glow": GlowConfig,
    "realnvp": RealNVPConfig,
}

AnyFlowConfig = Annotated[GlowConfig | RealNVPConfig, Field(discriminator="kind")]
