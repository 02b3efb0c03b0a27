"""The base of every configuration: typed, frozen, refusing unknown keys, and a JSON round trip away from a file."""

from abc import ABC

from pydantic import BaseModel, ConfigDict


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
