"""What to measure of several processes."""

from pydantic import Field

from oodflow.bench.options import README_RECIPES
from oodflow.config import Config


class RanksOptions(Config):
    """What to measure of several processes.

    Attributes:
        processes: N, which share the work of one, on as many threads as it has.
        flows: recipes with scales, whose flows train and score on random images of their data's shape.
        batch: images of a step, of all processes together.
        steps: that are timed, after a few that are not.
        scored: images that are scored.
        rounds: how often all that is compared takes its turn.
    """

    processes: int = Field(2, ge=2)
    flows: tuple[tuple[str, str], ...] = tuple((name, "cpu") for name in README_RECIPES)
    batch: int = Field(32, ge=1)
    steps: int = Field(20, ge=1)
    scored: int = Field(1024, ge=1)
    rounds: int = Field(3, ge=1)
