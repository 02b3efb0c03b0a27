"""The base of every configuration: typed, frozen, refusing unknown keys, and a JSON round trip away from a file."""

from abc import ABC
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from oodflow.errors import UnknownName


class Config(BaseModel):
    """A frozen pydantic model that refuses unknown keys, and numbers that JSON can't hold: NaN and infinity.

    Example:
        >>> class Bake(Config):
        ...     minutes: int = 30
        >>> Bake(minutes=5).model_dump_json()
        '{"minutes":5}'
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Component(Config, ABC):
    """Settings of a part that others can take the place of: a flow, a net, an objective, a score.

    Attributes:
        kind: its name in the registry of such parts; a subclass declares it as ``Literal`` with that name as default.
    """

    kind: str


class Flaw(NamedTuple):
    """What is wrong with settings.

    Attributes:
        where: the field, with dots for nesting; empty where it is the whole.
        why: the reason, without a full stop.
        came: the value that came.
        unknown: whether it names what no registry has: the settings may be sound, and what they name not imported.
    """

    where: str
    why: str
    came: object
    unknown: bool = False


def first_flaw(error: ValidationError) -> Flaw:
    """Tell the first thing that pydantic found wrong, for an error in one sentence.

    Example:
        >>> from pydantic import Field
        >>> class Bake(Config):
        ...     minutes: int = Field(30, ge=1)
        >>> try:
        ...     Bake(minutes=0)
        ... except ValidationError as error:
        ...     first_flaw(error)
        Flaw(where='minutes', why='it should be at least 1', came=0, unknown=False)
    """
    first = error.errors()[0]
    why = _plain(first)
    unknown = isinstance(first.get("ctx", {}).get("error"), UnknownName)
    if unknown:
        why += "; if another package or file registers it, import that, or pass --plugin, first"
    return Flaw(".".join(map(str, first["loc"])), why, first["input"], unknown)


def differences(one: Any, other: Any) -> dict[str, tuple[Any, Any]]:
    """Tell in which settings two configurations differ, both as JSON has them; none where one lacks a setting.

    Example:
        >>> differences({"net": {"width": 8}, "steps": 3}, {"net": {"width": 16}, "steps": 3})
        {'net.width': (8, 16)}
    """
    ours, theirs = _flat(one), _flat(other)
    names = sorted(ours.keys() | theirs.keys())
    return {name: (ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)}


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    """Name all settings in one dictionary, with dots for nesting."""
    if not isinstance(values, dict):
        return {prefix.rstrip("."): values}
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.")
    return flat


MISSING = "it is missing"

_WORDS = {
    "missing": MISSING,
    "extra_forbidden": "there is no such setting",
    "greater_than": "it should be greater than {gt}",
    "greater_than_equal": "it should be at least {ge}",
    "less_than": "it should be less than {lt}",
    "less_than_equal": "it should be at most {le}",
    "finite_number": "it should be a finite number",
    "int_type": "it should be a whole number",
    "int_parsing": "it should be a whole number",
    "int_from_float": "it should be a whole number",
    "float_type": "it should be a number",
    "float_parsing": "it should be a number",
    "bool_type": "it should be true or false",
    "bool_parsing": "it should be true or false",
    "string_type": "it should be a text",
    "literal_error": "it should be {expected}",
}
"""By pydantic's name of what it found, how a user is told; all others in its own words."""


def _plain(error: ErrorDetails) -> str:
    """Say what pydantic found wrong in words that need not be looked up."""
    words = _WORDS.get(error["type"])
    if words is None:
        return error["msg"].removeprefix("Value error, ").rstrip(".")
    numbers = {name: f"{it:g}" if isinstance(it, float) else it for name, it in error.get("ctx", {}).items()}
    return words.format(**numbers)
