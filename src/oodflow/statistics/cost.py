"""How long statistics took."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import nan
from time import perf_counter
from typing import TypeVar

Made = TypeVar("Made")


@dataclass(frozen=True)
class Cost:
    """Seconds that a statistic took when it was computed; NaN: not known.

    Attributes:
        own: for itself alone.
        shared: in the flow's pass, which all that read the latents or the likelihood share; 0: it reads neither.
    """

    own: float
    shared: float

    def __add__(self, other: "Cost") -> "Cost":
        """Add what another batch, or draw, took."""
        return Cost(self.own + other.own, self.shared + other.shared)


UNKNOWN = Cost(nan, nan)


def together(costs: Iterable[Cost]) -> float:
    """Tell how many seconds several statistics of the same data take together, sharing one pass.

    Example:
        >>> together([Cost(own=1.0, shared=5.0), Cost(own=2.0, shared=5.0)])
        8.0
    """
    costs = list(costs)
    return sum(cost.own for cost in costs) + max((cost.shared for cost in costs), default=0.0)


def timed(make: Callable[[], Made]) -> tuple[Made, float]:
    """Make something, and tell how many seconds it took."""
    start = perf_counter()
    return make(), perf_counter() - start
