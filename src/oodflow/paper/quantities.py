"""Numbers that claims rest on, each a function of what was found."""

from collections.abc import Callable, Iterable, Mapping
from math import hypot, prod, sqrt
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from oodflow.evaluation.record import EvaluatedSet
from oodflow.explanation.record import ExplainedSet, Explanation
from oodflow.metrics import Estimate, Ranking, auroc_difference
from oodflow.metrics import bits_per_dim as bits
from oodflow.paper.claims import NORMAL, Measured, Quantity
from oodflow.paper.evaluating import EvaluatedStudy, TrainedOn
from oodflow.paper.found import Found, Missing
from oodflow.paper.nodes import missing
from oodflow.paper.study import ITS_OWN, Question, Study

Floats = NDArray[np.float64]

Likely = dict[str, Floats]
"""Log-probabilities of single images, by set, the test part first."""

PERCENT = 100.0
NO_SEED = "no seed has been measured of both"


def auroc(study: Study, ood: str, score: str = "likelihood", question: Question = ITS_OWN) -> Quantity:
    """AUROC of a score in per cent: 50 is chance, below it the likelihood prefers the other set."""

    def look(found: Found) -> Measured:
        records = found.evaluations(study, question)
        return _percent({seed: asked(one, ood, found).scores[score] for seed, one in records.items()})

    return look


def auroc_of_trained_on(study: Study) -> Quantity:
    """AUROC in per cent by which the likelihood would tell the test part from what was trained on."""
    return lambda found: _percent({seed: one.trained_on for seed, one in found.evaluations(study).items()})


def auroc_gain(study: Study, other: Study, ood: str) -> Quantity:
    """By how many points the AUROC of a flow's likelihood is above another's, of the same images.

    What is hard for both cancels: DeLong's variance of the difference says how far the choice of images leaves it open.
    """

    def look(found: Found) -> Measured:
        def sides(likely: Likely) -> tuple[Floats, Floats]:
            return -_values(likely, None, found), -_values(likely, ood, found)

        pairs = _of_both(study, other, found)
        return _measured({
            seed: _times(PERCENT, auroc_difference(sides(one), sides(two))) for seed, (one, two) in pairs.items()
        })  # fmt: skip

    return look


def bits_per_dim(study: Study) -> Quantity:
    """Bits/dim of the test part."""

    def look(found: Found) -> Measured:
        tests = {seed: one.evaluated.evaluation.inside for seed, one in found.evaluations(study).items()}
        return Measured(
            values={seed: one.bits_per_dim for seed, one in tests.items()},
            within=mean(_half_width(one) for one in tests.values()),
        )

    return look


def rise_in_bits(study: Study, other: Study, ood: str | None = None) -> Quantity:
    """By how much bits/dim of the test part, or another set, are above another flow's, of the same images."""

    def look(found: Found) -> Measured:
        shape = next(iter(found.evaluations(study).values())).evaluated.evaluation.inside.shape

        def rise(one: Likely, two: Likely) -> Estimate:
            rises = bits(_values(one, ood, found), prod(shape)) - bits(_values(two, ood, found), prod(shape))
            half = NORMAL * float(rises.std(ddof=1)) / sqrt(len(rises))
            return Estimate(float(rises.mean()), float(rises.mean()) - half, float(rises.mean()) + half)

        return _measured({seed: rise(*pair) for seed, pair in _of_both(study, other, found).items()})

    return look


def rise_to(study: Study, ood: str) -> Quantity:
    """By how much the mean bits/dim of another set are above those of the test part: positive is less likely."""

    def look(found: Found) -> Measured:
        pairs = {
            seed: (asked(one, ood, found), one.evaluated.evaluation.inside)
            for seed, one in found.evaluations(study).items()
        }
        return Measured(
            values={seed: outside.bits_per_dim - inside.bits_per_dim for seed, (outside, inside) in pairs.items()},
            within=mean(hypot(_half_width(outside), _half_width(inside)) for outside, inside in pairs.values()),
        )

    return look


def less(one: Quantity, other: Quantity) -> Quantity:
    """The difference of two numbers of other images, seed by seed."""

    def look(found: Found) -> Measured:
        difference = one(found).less(other(found))
        if not difference.values:
            raise Missing(NO_SEED)
        return difference

    return look


def explained(study: Study, ood: str, take: Callable[[Explanation], Estimate | None], what: str) -> Quantity:
    """An estimate of an explanation."""

    def look(found: Found) -> Measured:
        estimates = {seed: take(one) for seed, one in found.explanations(study, ood).items()}
        there = {seed: one for seed, one in estimates.items() if one is not None}
        if len(there) < len(estimates):
            raise Missing(f"{what} can't be measured on these images")
        return _measured(there)

    return look


def inside(take: Callable[[ExplainedSet], Estimate | None]) -> Callable[[Explanation], Estimate | None]:
    """Take an estimate of the in-distribution set."""
    return lambda explanation: take(explanation.inside)


def outside(take: Callable[[ExplainedSet], Estimate | None]) -> Callable[[Explanation], Estimate | None]:
    """Take an estimate of the other set."""
    return lambda explanation: take(explanation.outside)


def asked(one: EvaluatedStudy, ood: str, found: Found) -> EvaluatedSet:
    """Find what a flow says of a set, which goes by its name without options, too.

    Raises:
        Missing: it was not asked about it, for it was not at hand.
    """
    outsides = {data.name: data for data in one.evaluated.evaluation.outsides}
    return outsides[_among(outsides, ood, found)]


def _among(names: Iterable[str], ood: str, found: Found) -> str:
    for name in names:
        if ood in (name, name.partition("?")[0]):
            return name
    raise Missing(missing(ood, "all", found.lab) or f"nobody asked about {ood}")


def _values(likely: Likely, ood: str | None, found: Found) -> Floats:
    """Take the log-probabilities of the test part, which is the first, or of another set."""
    test, *others = likely
    return likely[test if ood is None else _among(others, ood, found)]


def _of_both(study: Study, other: Study, found: Found) -> dict[int, tuple[Likely, Likely]]:
    """Collect the log-probabilities of two studies, of seeds that both have."""
    ours, theirs = found.likely(study), found.likely(other)
    return {seed: (ours[seed], theirs[seed]) for seed in ours if seed in theirs}


def _half_width(data: EvaluatedSet) -> float:
    """Half the width of the interval of a set's mean bits/dim."""
    return NORMAL * data.bits_per_dim_std / sqrt(data.images)


def _percent(rankings: Mapping[int, Ranking | TrainedOn]) -> Measured:
    return Measured(
        values={seed: PERCENT * one.auroc for seed, one in rankings.items()},
        within=PERCENT * mean((one.auroc_high - one.auroc_low) / 2 for one in rankings.values()),
    )


def _times(factor: float, one: Estimate) -> Estimate:
    return Estimate(factor * one.value, factor * one.low, factor * one.high)


def _measured(estimates: Mapping[int, Estimate]) -> Measured:
    if not estimates:
        raise Missing(NO_SEED)
    return Measured(
        values={seed: one.value for seed, one in estimates.items()},
        within=mean((one.high - one.low) / 2 for one in estimates.values()),
    )
