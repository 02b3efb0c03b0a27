"""What of a recipe a run has changed: a published configuration is one without overrides."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from oodflow.recipes.named import RECIPES
from oodflow.runs.config import RunConfig
from oodflow.runs.overrides import override


def scale_of(config: RunConfig) -> str:
    """Name a run's scale, and what of its recipe was changed.

    Example:
        >>> scale_of(override(RECIPES["mnist-glow"]("cpu"), ["training.lr=1e-4", "ood=svhn"]))
        'cpu, other ood, training.lr=0.0001'
        >>> scale_of(override(RECIPES["mnist-glow"]("cpu"), ["flow.net.kind=mlp", "flow.net.hidden_layers=3"]))
        'cpu, flow.net=mlp, flow.net.hidden_layers=3'
    """
    if config.training is None:
        return config.scale
    if config.recipe not in RECIPES:
        return f"{config.scale}, of a recipe that is not registered"
    recipe = override(RECIPES[config.recipe](config.scale), [f"training.seed={config.training.seed}"])
    return ", ".join([config.scale, *_changes(config, recipe)])


def set_apart(config: RunConfig, others: Iterable[RunConfig]) -> list[str]:
    """Tell what training had otherwise than any of the others: its settings, but for the seed.

    Example:
        >>> plain = RECIPES["mnist-glow"]("cpu")
        >>> set_apart(plain, [plain, override(plain, ["training.seed=1", "training.steps=9", "ood=svhn"])])
        ['training.steps=4800']
    """
    return sorted({change for other in others for change in _changes(_alike(config), _alike(other))})


def _alike(config: RunConfig) -> RunConfig:
    """Leave out the seed, and what is only asked about."""
    training = config.training and config.training.model_copy(update={"seed": 0})
    return config.model_copy(update={"training": training, "ood": ()})


def unwatched(config: RunConfig) -> RunConfig:
    """Return the configuration with the recipe's monitoring, which makes no difference to the flow."""
    if config.training is None or config.recipe not in RECIPES:
        return config
    return config.model_copy(update={"monitor": RECIPES[config.recipe](config.scale).monitor})


def _changes(config: BaseModel, before: BaseModel, prefix: str = "") -> Iterator[str]:
    """Tell which fields are others, those of a part of another kind beside its defaults."""
    for name in type(config).model_fields:
        value, other = getattr(config, name), getattr(before, name, None)
        if value == other or (name in ("recipe", "scale") and not prefix):
            continue
        if name == "start" and not prefix:
            yield f"begun with {value.path}" if value else "begun with random weights"
        elif name in ("data", "ood") and not prefix:
            yield f"other {name}"  # which sets they are stands in the row already
        elif not isinstance(value, BaseModel):
            yield f"{prefix}{name}={value}"
        elif isinstance(other, type(value)):
            yield from _changes(value, other, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}={dict(value)['kind']}"
            yield from _changes(value, type(value).model_construct(), f"{prefix}{name}.")
