"""Numbers as they stand in tables and sentences."""

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Protocol


class Interval(Protocol):
    """A number with the ends of its interval."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def low(self) -> float:
        """Where its interval begins."""

    @property
    def high(self) -> float:
        """Where it ends."""


class Spread(Protocol):
    """The median of several measurements with the least and the greatest of them."""

    @property
    def median(self) -> float:
        """The median."""

    @property
    def low(self) -> float:
        """The least."""

    @property
    def high(self) -> float:
        """The greatest."""


def number(value: float | None, digits: int, *, sign: bool = False) -> str:
    """Write a number with a proper minus, and nothing where there is none.

    Example:
        >>> number(-1234.5, 1), number(0.25, 2, sign=True), number(None, 1)
        ('−1,234.5', '+0.25', '')
    """
    return "" if value is None else f"{value:{'+' if sign else ''},.{digits}f}".replace("-", "−")


def significant(value: float, digits: int = 4) -> str:
    """Write a number of any size with so many significant digits, whole ones in full, and a proper minus.

    Example:
        >>> significant(-1234567.8), significant(0.000123456), significant(2.0)
        ('−1,234,568', '0.0001235', '2')
    """
    whole = 10**digits <= abs(value) < 1e9
    return (f"{value:,.0f}" if whole else f"{value:,.{digits}g}").replace("-", "−")


def with_interval(estimate: Interval | None, digits: int) -> str:
    """Write an estimate with its interval, or that there is none.

    Example:
        >>> from types import SimpleNamespace
        >>> with_interval(SimpleNamespace(value=0.25, low=-0.2, high=0.3), 2), with_interval(None, 2)
        ('0.25 [−0.20, 0.30]', 'not measurable')
    """
    if estimate is None:
        return "not measurable"
    value, low, high = (number(end, digits) for end in (estimate.value, estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"


def with_range(spread: Spread, factor: float = 1.0, digits: int = 2) -> str:
    """Write a median with the least and the greatest, each times a factor.

    Example:
        >>> from types import SimpleNamespace
        >>> with_range(SimpleNamespace(median=0.5, low=0.25, high=1234.5), 100, 1)
        '50.0 [25.0, 123,450.0]'
    """
    median, low, high = (number(factor * value, digits) for value in (spread.median, spread.low, spread.high))
    return f"{median} [{low}, {high}]"


def mean_and_deviation(values: Sequence[float], digits: int) -> str:
    """Write one value, or the mean and the sample standard deviation of several.

    Example:
        >>> mean_and_deviation([3.5], 3), mean_and_deviation([3.5, 3.7], 3)
        ('3.500', '3.600 ± 0.141')
    """
    if len(values) == 1:
        return number(values[0], digits)
    return f"{number(mean(values), digits)} ± {number(stdev(values), digits)}"


def counted(count: int, thing: str) -> str:
    """Write how many there are of something.

    Example:
        >>> counted(1, "thread"), counted(2_000, "image")
        ('1 thread', '2,000 images')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
