"""The element-wise maps of coupling layers, one a file. ``TRANSFORMERS`` names their configurations."""

from typing import Annotated

from pydantic import SerializeAsAny

from oodflow.registry import ChosenFrom, Registry
from oodflow.transformers.affine import Affine, AffineConfig
from oodflow.transformers.mixture import Mixture, MixtureConfig
from oodflow.transformers.spline import Spline, SplineConfig
from oodflow.transformers.transformer import Transformer, TransformerConfig

TRANSFORMERS: Registry[type[TransformerConfig]] = Registry(
    "transformer",
    "oodflow.transformers",
    {
        "affine": AffineConfig,
        "mixture": MixtureConfig,
        "spline": SplineConfig,
    },
)

AnyTransformerConfig = Annotated[SerializeAsAny[TransformerConfig], ChosenFrom(TRANSFORMERS)]
"""Settings of any registered transformer."""

__all__ = [
    "TRANSFORMERS", "Affine", "AffineConfig", "AnyTransformerConfig", "Mixture", "MixtureConfig", "Spline",
    "SplineConfig", "Transformer", "TransformerConfig",
]  # fmt: skip
