"""The base of every configuration: typed, frozen, refusing unknown keys, and a JSON round trip away from a file."""

from abc import ABC
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

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
        Flaw(where='minutes', why='Input should be greater than or equal to 1', came=0, unknown=False)
    """
    first = error.errors()[0]
    why = first["msg"].removeprefix("Value error, ").rstrip(".")
    unknown = isinstance(first.get("ctx", {}).get("error"), UnknownName)
    if unknown:
        why += "; if another package or file registers it, import that, or pass --plugin, first"
    return Flaw(".".join(map(str, first["loc"])), why, first["input"], unknown)
