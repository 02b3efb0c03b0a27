"""The base of every configuration: typed, frozen, refusing unknown keys, and a JSON round trip away from a file."""

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
