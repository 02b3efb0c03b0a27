"""Overriding parts of a configuration from the command line: ``training.lr=1e-4 flow.width=32``."""

import difflib
import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from oodflow.config import Component, first_flaw
from oodflow.data import specs_of
from oodflow.errors import UnknownName, UsageError
from oodflow.files import legible
from oodflow.registry import ChosenFrom, Registry
from oodflow.runs.config import RunConfig

LABELS = {  # they say where a configuration came from: setting them would change nothing else
    "recipe": "name the recipe and its --scale",
    "scale": "name the recipe and its --scale",
    "start": "name the weights to begin with by --from",
}


def override(config: RunConfig, settings: Sequence[str]) -> RunConfig:
    """Return ``config`` with some fields set anew.

    Args:
        config: where to start.
        settings: ``field=value``, dots for nesting; values are JSON, and whatever is not JSON is a string, or with
            commas a list where a list belongs. A part is set by its kind, ``flow.net=convnet``; another kind than
            before starts from its own defaults.

    Raises:
        UsageError: for an unknown field, naming the nearest ones, or a value that does not fit.

    Example:
        >>> from oodflow.recipes import RECIPES
        >>> override(RECIPES["mnist-glow"]("cpu"), ["training.lr=3e-4", "flow.steps=2"]).flow.steps
        2
    """
    values = _values(config)
    for place, setting in enumerate(settings):
        name, equals, text = setting.partition("=")
        if legible(setting) != setting:
            raise UsageError(f"override '{legible(setting)}' is not in UTF-8, as configurations are: rename the file.")
        if not equals:
            raise UsageError(f"override {setting!r} is not of the form field=value, such as training.lr=1e-4.")
        if _set(values, name, _value(text)):
            _require_first(setting, settings[:place])
        # Checking one by one names the culprit, and fills in the fields that come with another kind.
        values = _values(_validated(values, setting))
    return _validated(values, "")


def _values(config: RunConfig) -> dict[str, Any]:
    """Write a configuration with all of its fields, those that are left out where they are none, too."""
    values = config.model_dump(mode="json")
    for name in (*fields_of(config), "start"):
        *path, leaf = name.split(".")
        inner = values
        for key in path:
            inner = inner[key]
        inner.setdefault(leaf, None)
    return values


def fields_of(model: BaseModel, prefix: str = "") -> list[str]:
    """List the dotted names of all fields that :func:`override` can set."""
    names = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        names += fields_of(value, f"{prefix}{name}.") if isinstance(value, BaseModel) else [prefix + name]
    return [name for name in names if name.partition(".")[0] not in LABELS]


_CALLED = {
    "amp": "training.precision", "batch": "training.batch_size", "batchsize": "training.batch_size",
    "bs": "training.batch_size", "clip_grad": "training.max_grad_norm", "dataset": "data", "ema": "training.ema_decay",
    "epoch": "training.steps", "epochs": "training.steps", "grad_clip": "training.max_grad_norm",
    "iterations": "training.steps", "iters": "training.steps", "learning_rate": "training.lr",
    "max_epochs": "training.steps", "max_steps": "training.steps", "model": "flow.kind", "n_epochs": "training.steps",
    "num_epochs": "training.steps", "num_steps": "training.steps", "optim": "training.optimiser",
    "optimizer": "training.optimiser", "scheduler": "training.schedule", "wd": "training.weight_decay",
}  # fmt: skip


def field_like(name: str, fields: Sequence[str]) -> str | None:
    """Find the field that somebody means who leaves its section away, or calls it as others do; none if none is near.

    Example:
        >>> fields = ["data", "flow.width", "training.lr", "training.steps"]
        >>> field_like("lr", fields), field_like("flow.widht", fields), field_like("epochs", fields)
        ('training.lr', 'flow.width', 'training.steps')
    """
    if name in fields or f"{name}.kind" in fields:
        return name
    if ends := [field for field in fields if field.endswith(f".{name}")]:
        return min(ends, key=len)
    if (called := _CALLED.get(name)) in fields:
        return called
    leaves = {field.rpartition(".")[2]: field for field in reversed(fields) if not field.endswith(".kind")}
    near = difflib.get_close_matches(name, [*fields, *leaves], n=1, cutoff=0.75)
    return leaves.get(near[0], near[0]) if near else None


def in_words(name: str, field: str, value: str = "VALUE") -> str:
    """Say how a field is set that somebody called by another name.

    Example:
        >>> in_words("lr", "training.lr", "1e-4"), in_words("epochs", "training.steps", "3")
        ('write training.lr=1e-4', 'training counts steps, not epochs: write training.steps=N')
    """
    if "epoch" in name:
        return f"training counts steps, not epochs: write {field}=N"
    return f"write {field}={value}"


def _require_first(setting: str, earlier: Sequence[str]) -> None:
    """Refuse a kind that comes after settings of its part, for with it they begin anew."""
    part = setting.partition("=")[0].removesuffix(".kind")
    for one in earlier:
        if one.startswith(f"{part}."):
            raise UsageError(f"override {setting!r} begins at its own defaults, and would undo {one!r}: put it first.")


def _set(values: dict[str, Any], name: str, value: object) -> bool:
    """Set a field, and tell whether a part became one of another kind."""
    if remedy := LABELS.get(name.partition(".")[0]):
        raise UsageError(f"{name} can't be set: it says where this configuration came from; {remedy}.")
    *path, leaf = name.split(".")
    inner: Any = values
    for key in path:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or leaf not in inner:
        raise _unknown_field(name, RunConfig.model_validate(values), json.dumps(value).strip('"'))
    if isinstance(inner[leaf], dict):  # a part: its kind alone stands for its defaults
        if not isinstance(value, str) or "kind" not in inner[leaf]:
            raise _unknown_field(name, RunConfig.model_validate(values))
        inner, leaf = inner[leaf], "kind"
    if another := leaf == "kind" and inner["kind"] != value:
        inner.clear()
    inner[leaf] = specs_of(value) if isinstance(inner.get(leaf), list) and isinstance(value, str) else value
    return another


def _unknown_field(name: str, config: RunConfig, value: str = "VALUE") -> UsageError:
    """Build the error for a field that there is not, or that another kind of some part has."""
    *path, leaf = name.split(".")
    part: Any = config
    registry: Registry[Any] | None = None
    for key in path:
        field = type(part).model_fields.get(key) if isinstance(part, BaseModel) else None
        registry = next((m.registry for m in field.metadata if isinstance(m, ChosenFrom)), None) if field else None
        part = getattr(part, key, None)
    owners = [kind for kind, settings in (registry or {}).items() if leaf in settings.model_fields]
    if not owners or not isinstance(part, Component):
        fields = fields_of(config)
        if not path and (meant := field_like(name, fields)):
            return UsageError(f"unknown field {name!r}: {in_words(name, meant, value)}.")
        return UnknownName("field", name, fields)
    where = ".".join(path)
    return UsageError(
        f"{name} is a setting of {where}={' or '.join(owners)}, this run has {part.kind}: set that first, and its "
        f"size, for it begins at its own defaults."
    )


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text


def _validated(values: dict[str, Any], setting: str) -> RunConfig:
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        name, _, text = setting.partition("=")
        why = first_flaw(error).why
        raise UsageError(f"override {setting!r} does not fit {name}: {why} (got {_value(text)!r}).") from error
