"""Flows: the way in, a bijection and a prior in one, and presets that read as a list of layers.

``FLOWS`` names the presets' configurations; each has a ``build(shape)``.
"""

from oodflow.flows.config import FlowConfig
from oodflow.flows.dequantise import dequantise, image_noise, quantise
from oodflow.flows.flow import Flow, Terms
from oodflow.flows.glow import GlowConfig
from oodflow.flows.presets import FLOWS, AnyFlowConfig
from oodflow.flows.prior import StandardNormal
from oodflow.flows.realnvp import RealNVPConfig
from oodflow.flows.saving import load_flow, load_tensors, save_flow, save_tensors
from oodflow.flows.single_scale import SingleScaleConfig
from oodflow.flows.tabular import TabularConfig

__all__ = [
    "FLOWS", "AnyFlowConfig", "Flow", "FlowConfig", "GlowConfig", "RealNVPConfig", "SingleScaleConfig",
    "StandardNormal", "TabularConfig", "Terms", "dequantise", "image_noise", "load_flow", "load_tensors", "quantise",
    "save_flow", "save_tensors",
]  # fmt: skip
