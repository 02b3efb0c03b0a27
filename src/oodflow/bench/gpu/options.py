"""What to measure on a GPU."""

from pydantic import Field

from oodflow.bench.options import README_RECIPES
from oodflow.config import Config

NEWER_RECIPES = ("fashion-mnist-mixture", "fashion-mnist-autoregressive", "fashion-mnist-tarflow")
DEFAULT_FLOWS = tuple((name, "paper") for name in README_RECIPES) + tuple(
    (name, "cpu") for name in ("fashion-mnist-realnvp", "fashion-mnist-glow", *NEWER_RECIPES)
)


class GpuOptions(Config):
    """What to measure on a GPU.

    Attributes:
        flows: recipes with scales, whose flows are trained on random images of their data's shape.
        precisions: values of ``training.precision``.
        batches: images a step.
        rounds: how often all that is compared takes its turn.
    """

    flows: tuple[tuple[str, str], ...] = DEFAULT_FLOWS
    precisions: tuple[str, ...] = ("float32", "bfloat16")
    batches: tuple[int, ...] = (32, 256)
    rounds: int = Field(3, ge=1)
