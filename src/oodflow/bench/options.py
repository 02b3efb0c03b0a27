"""What to measure."""

from pydantic import Field

from oodflow.config import Config

README_RECIPES = ("fashion-mnist-realnvp", "fashion-mnist-glow", "cifar10-realnvp", "cifar10-glow")


class BenchOptions(Config):
    """What to measure.

    Attributes:
        recipes: names of recipes whose flows are trained and scored with, on random images of their data's shape.
        scales: at which scales.
        rounds: how often all that is compared takes its turn.
        peers: whether other libraries are measured too.
    """

    recipes: tuple[str, ...] = README_RECIPES
    scales: tuple[str, ...] = ("cpu", "paper")
    rounds: int = Field(3, ge=1)
    peers: bool = True
