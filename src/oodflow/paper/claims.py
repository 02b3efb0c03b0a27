"""What the paper says, as checks on measured numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from oodflow.metrics import Estimate
from oodflow.recipes.scales import Scale
from oodflow.records import Record

if TYPE_CHECKING:
    from oodflow.paper.found import Found

Verdict = Literal["holds", "does not hold", "can't be told", "not run"]
"""``can't be told``: the interval leaves both open; ``not run``: not all of what it rests on has been measured."""

CONFIDENCE = 0.95
POWER = 0.8
NORMAL = float(stats.norm.ppf((1 + CONFIDENCE) / 2))


@dataclass(frozen=True)
class Range:
    """What a number has to be between for a claim to hold.

    Attributes:
        low: the least; minus infinity: there is none.
        high: the greatest.
    """

    low: float = -inf
    high: float = inf


def above(bar: float) -> Range:
    """Expect ``bar`` or more."""
    return Range(low=bar)


def below(bar: float) -> Range:
    """Expect ``bar`` or less."""
    return Range(high=bar)


def near(value: float, tolerance: float) -> Range:
    """Expect a number that is at most ``tolerance`` from ``value``."""
    return Range(value - tolerance, value + tolerance)


def near_percent(value: float, tolerance: float) -> Range:
    """Expect per cent that are at most ``tolerance`` points from ``value``.

    No share is above 100 or below 0, though the end of an interval may be: there a range has no end.

    Example:
        >>> near_percent(99.0, 5.0)
        Range(low=94.0, high=inf)
    """
    low, high = value - tolerance, value + tolerance
    return Range(low if low > 0 else -inf, high if high < 100.0 else inf)


class Measured(Record):
    """One number, measured once for each seed of training.

    Attributes:
        values: by seed; a single one where nothing was drawn at random.
        within: half the width of the 95 % interval that the choice of test images alone leaves open; all seeds are
            asked about the same images, so more seeds do not make it less.
        exact: whether nothing was drawn at random, so that one value says it.
    """

    values: dict[int, float]
    within: float = 0.0
    exact: bool = False

    @property
    def numbers(self) -> tuple[float, ...]:
        """The values, without their seeds."""
        return tuple(self.values.values())

    @property
    def told(self) -> bool:
        """Whether there are enough values for an interval."""
        return self.exact or len(self.values) > 1

    @property
    def interval(self) -> Estimate:
        r"""The mean over seeds with its 95 % interval.

        .. math:: \bar v \pm \sqrt{\Bigl(t_{n-1}\,\frac{s}{\sqrt n}\Bigr)^2 + w^2}

        with Student's :math:`t`, the seeds' standard deviation :math:`s` and :math:`w` = ``within``.
        """
        value = float(np.mean(self.numbers))
        half = hypot(self._seeds((1 + CONFIDENCE) / 2), self.within)
        return Estimate(value, value - half, value + half)

    @property
    def resolution(self) -> float:
        r"""How far from the end of a range a true value must be for this check to tell, four times out of five.

        .. math:: \sqrt{\Bigl((t_{n-1,\,0.975} + t_{n-1,\,0.8})\,\frac{s}{\sqrt n}\Bigr)^2
                  + \Bigl(\frac{z_{0.975} + z_{0.8}}{z_{0.975}}\,w\Bigr)^2}
        """
        images = self.within * (1 + float(stats.norm.ppf(POWER)) / NORMAL)
        return hypot(self._seeds((1 + CONFIDENCE) / 2) + self._seeds(POWER), images)

    def _seeds(self, probability: float) -> float:
        count = len(self.numbers)
        if self.exact:
            return 0.0
        if count < 2:
            return inf
        return float(stats.t.ppf(probability, count - 1) * np.std(self.numbers, ddof=1) / sqrt(count))

    def less(self, other: "Measured") -> "Measured":
        """Subtract another number, seed by seed."""
        differences = {seed: value - other.values[seed] for seed, value in self.values.items() if seed in other.values}
        return Measured(values=differences, within=hypot(self.within, other.within), exact=self.exact and other.exact)


def judge(measured: Measured, expected: Range) -> Verdict:
    """Tell whether the whole interval is within a range, outside of it, or neither.

    Example:
        >>> low, wide = Measured(values={0: 10.0, 1: 11.0, 2: 12.0}), Measured(values={0: 10.0, 1: 60.0})
        >>> judge(low, below(50)), judge(wide, below(50))
        ('holds', "can't be told")
    """
    interval = measured.interval
    if expected.low <= interval.low and interval.high <= expected.high:
        return "holds"
    if interval.high < expected.low or interval.low > expected.high:
        return "does not hold"
    return "can't be told"


Quantity = Callable[["Found"], Measured]
"""Looks a number up in what was found; raises :class:`~oodflow.paper.found.Missing` where it is not there yet."""


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper, or of ours, as a check.

    Attributes:
        says: the sentence.
        place: where it stands in the paper.
        quantity: the number that decides it.
        unit: what it is, for the reader.
        expected: what it has to be, at every scale or by scale.
        paper: the paper's own number, where it has one.
        learned_nothing: the same of a flow that has learned nothing.
        why: argues for the bar, or the tolerance.
        digits: to write numbers with.
    """

    says: str
    place: str
    quantity: Quantity
    unit: str
    expected: Range | Mapping[Scale, Range]
    paper: float | None = None
    learned_nothing: Quantity | None = None
    why: str = ""
    digits: int = 1

    def range(self, scale: Scale) -> Range:
        """Tell what is expected at a scale."""
        return self.expected if isinstance(self.expected, Range) else self.expected[scale]


class Checked(Record):
    """A claim, held against what was measured.

    Attributes:
        says: the claim.
        place: where it stands in the paper.
        unit: what was measured.
        low: the least that it may be; none: there is no least.
        high: the greatest.
        paper: the paper's own number.
        learned_nothing: what a flow that has learned nothing gives.
        why: argues for the range.
        digits: to write numbers with.
        measured: the number; none: it is not there yet.
        interval: that the verdict rests on; none: one seed leaves it open.
        resolution: see :attr:`Measured.resolution`.
        verdict: whether it holds.
        reason: why it was not run.
    """

    says: str
    place: str
    unit: str
    low: float | None
    high: float | None
    paper: float | None
    learned_nothing: float | None
    why: str
    digits: int
    measured: Measured | None
    interval: Estimate | None
    resolution: float | None
    verdict: Verdict
    reason: str


def check(claims: Sequence[Claim], found: "Found") -> tuple[Checked, ...]:
    """Hold claims against what was found."""
    return tuple(_check(claim, found) for claim in claims)


def _check(claim: Claim, found: "Found") -> Checked:
    expected = claim.range(found.scale)
    measured, reason = found.look(claim.quantity)
    nothing = found.look(claim.learned_nothing)[0] if claim.learned_nothing else None
    if measured and not measured.exact and found.scale == "smoke":
        reason = "a training at smoke scale learns nothing"
    elif measured and not measured.exact and len(measured.values) < len(found.seeds):
        reason = f"{len(measured.values)} of {len(found.seeds)} seeds have been measured"
    return Checked(
        says=claim.says,
        place=claim.place,
        unit=claim.unit,
        low=None if expected.low == -inf else expected.low,
        high=None if expected.high == inf else expected.high,
        paper=claim.paper,
        learned_nothing=float(np.mean(nothing.numbers)) if nothing else None,
        why=claim.why,
        digits=claim.digits,
        measured=measured,
        interval=measured.interval if measured and measured.told else None,
        resolution=measured.resolution if measured and measured.told else None,
        verdict="not run" if measured is None or reason else judge(measured, expected),
        reason=reason,
    )
