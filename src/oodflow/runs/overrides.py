"""Overriding parts of a configuration from the command line: ``training.lr=1e-4 flow.width=32``."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from oodflow.config import Component, first_flaw
from oodflow.data import specs_of
from oodflow.errors import UnknownName, UsageError
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
        raise _unknown_field(name, RunConfig.model_validate(values))
    if isinstance(inner[leaf], dict):  # a part: its kind alone stands for its defaults
        if not isinstance(value, str) or "kind" not in inner[leaf]:
            raise _unknown_field(name, RunConfig.model_validate(values))
        inner, leaf = inner[leaf], "kind"
    if another := leaf == "kind" and inner["kind"] != value:
        inner.clear()
    inner[leaf] = specs_of(value) if isinstance(inner.get(leaf), list) and isinstance(value, str) else value
    return another


def _unknown_field(name: str, config: RunConfig) -> UsageError:
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
        return UnknownName("field", name, fields_of(config))
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
