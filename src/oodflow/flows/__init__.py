"""Flows: a domain, a bijection and a prior in one, and presets that read as a list of layers.

``FLOWS`` names the presets' configurations; each has a ``build(shape)``. ``DOMAINS`` names what data can be,
``DEQUANTISATIONS`` and ``PRIORS`` what can be chosen for it.
"""

from oodflow.flows.autoregressive import AutoregressiveConfig
from oodflow.flows.config import FlowConfig, coupling, entrance, scale_shapes
from oodflow.flows.dequantisation import (
    DEQUANTISATIONS,
    Dequantisation,
    DequantisationConfig,
    Uniform,
    UniformConfig,
    Variational,
    VariationalConfig,
    dequantise,
    quantise,
)
from oodflow.flows.domains import (
    DOMAINS,
    Domain,
    DomainConfig,
    Images,
    ImagesConfig,
    Reals,
    RealsConfig,
    Standardised,
    StandardisedConfig,
    Whitened,
    WhitenedConfig,
)
from oodflow.flows.flow import Flow, LogProbOfOne, Terms
from oodflow.flows.glow import GlowConfig
from oodflow.flows.local import LocalConfig
from oodflow.flows.noise import Seed, generator_of, image_generators, image_noise, noise_of
from oodflow.flows.presets import FLOWS, AnyFlowConfig
from oodflow.flows.prior import (
    PRIORS,
    DiagonalNormal,
    DiagonalNormalConfig,
    Prior,
    PriorConfig,
    StandardNormal,
    StandardNormalConfig,
)
from oodflow.flows.realnvp import RealNVPConfig
from oodflow.flows.saving import load_flow, save_flow
from oodflow.flows.single_scale import SingleScaleConfig
from oodflow.flows.tabular import TabularConfig
from oodflow.flows.tarflow import TarFlowConfig
from oodflow.flows.tensors import load_tensors, save_tensors

__all__ = [
    "DEQUANTISATIONS", "DOMAINS", "FLOWS", "PRIORS", "AnyFlowConfig", "AutoregressiveConfig", "Dequantisation",
    "DequantisationConfig", "DiagonalNormal", "DiagonalNormalConfig", "Domain", "DomainConfig", "Flow", "FlowConfig",
    "GlowConfig", "Images", "ImagesConfig", "LocalConfig", "LogProbOfOne", "Prior", "PriorConfig", "RealNVPConfig",
    "Reals", "RealsConfig", "Seed", "SingleScaleConfig", "StandardNormal", "StandardNormalConfig", "Standardised",
    "StandardisedConfig", "TabularConfig", "TarFlowConfig", "Terms", "Uniform", "UniformConfig", "Variational",
    "VariationalConfig", "Whitened", "WhitenedConfig", "coupling", "dequantise", "entrance", "generator_of",
    "image_generators", "image_noise", "load_flow", "load_tensors", "noise_of", "quantise", "save_flow", "save_tensors",
    "scale_shapes",
]  # fmt: skip
