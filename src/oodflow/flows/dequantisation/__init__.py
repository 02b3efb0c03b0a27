"""Dequantisations, one a file: where in their cells 8-bit pixels go. ``DEQUANTISATIONS`` names their configurations."""

from typing import Annotated

from pydantic import SerializeAsAny

from oodflow.flows.dequantisation.cells import dequantise, quantise
from oodflow.flows.dequantisation.dequantisation import Dequantisation, DequantisationConfig
from oodflow.flows.dequantisation.uniform import Uniform, UniformConfig
from oodflow.flows.dequantisation.variational import Variational, VariationalConfig
from oodflow.registry import ChosenFrom, Registry

DEQUANTISATIONS: Registry[type[DequantisationConfig]] = Registry(
    "dequantisation",
    "oodflow.dequantisations",
    {"uniform": UniformConfig, "variational": VariationalConfig},
)

AnyDequantisationConfig = Annotated[SerializeAsAny[DequantisationConfig], ChosenFrom(DEQUANTISATIONS)]
"""Settings of any registered dequantisation."""

__all__ = [
    "DEQUANTISATIONS", "AnyDequantisationConfig", "Dequantisation", "DequantisationConfig", "Uniform", "UniformConfig",
    "Variational", "VariationalConfig", "dequantise", "quantise",
]  # fmt: skip
