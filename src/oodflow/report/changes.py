"""What of a recipe a run has changed: a published configuration is one without overrides."""

from typing import Any

from oodflow.recipes.named import RECIPES
from oodflow.runs.config import RunConfig
from oodflow.runs.overrides import fields_of, override


def scale_of(config: RunConfig) -> str:
    """Name a run's scale, and what of its recipe was changed.

    Example:
        >>> scale_of(override(RECIPES["mnist-glow"]("cpu"), ["training.lr=1e-4", "ood=svhn"]))
        'cpu, other ood, training.lr=0.0001'
    """
    if config.training is None:
        return config.scale
    if config.recipe not in RECIPES:
        return f"{config.scale}, of a recipe that is not registered"
    recipe = override(RECIPES[config.recipe](config.scale), [f"training.seed={config.training.seed}"])
    overridden = [name for name in fields_of(config) if _field(config, name) != _field(recipe, name)]
    # Which sets they are stands in the row already.
    changes = [f"other {name}" if name in ("data", "ood") else f"{name}={_field(config, name)}" for name in overridden]
    return ", ".join([config.scale, *changes])


def unwatched(config: RunConfig) -> RunConfig:
    """Return the configuration with the recipe's monitoring, which makes no difference to the flow."""
    if config.training is None or config.recipe not in RECIPES:
        return config
    return config.model_copy(update={"monitor": RECIPES[config.recipe](config.scale).monitor})


def _field(config: RunConfig, name: str) -> Any:
    """Read a field by its dotted name; none where another kind does not have it."""
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part, None)
    return value
