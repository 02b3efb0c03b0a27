"""Flows: dequantisation, bijection and prior in one, and presets that read as a list of layers.

``FLOWS`` names the presets' configurations; each has a ``build(shape)``.
"""

from typing import Annotated

from pydantic import Field

from oodflow.flows.dequantise import dequantise, image_noise, quantise
from oodflow.flows.flow import Flow
from oodflow.flows.glow import GlowConfig
from oodflow.flows.prior import StandardNormal
from oodflow.flows.realnvp import RealNVPConfig

FLOWS: dict[str, type[RealNVPConfig] | type[GlowConfig]] = {
    "glow": GlowConfig,
    "realnvp": RealNVPConfig,
}

AnyFlowConfig = Annotated[GlowConfig | RealNVPConfig, Field(discriminator="kind")]

__all__ = [
    "FLOWS", "AnyFlowConfig", "Flow", "GlowConfig", "RealNVPConfig", "StandardNormal", "dequantise", "image_noise",
    "quantise",
]  # fmt: skip
