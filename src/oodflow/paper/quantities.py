"""Numbers that claims rest on, each a function of what was found."""

from collections.abc import Callable, Sequence
from math import sqrt
from statistics import mean

from oodflow.evaluation.record import EvaluatedSet
from oodflow.explanation.record import Coupling, ExplainedSet, Explanation
from oodflow.metrics import Estimate
from oodflow.paper.claims import NORMAL, Measured, Quantity
from oodflow.paper.found import Found, Missing
from oodflow.paper.nodes import EvaluatedStudy
from oodflow.paper.study import ITS_OWN, Question, Study

PERCENT = 100.0


def auroc(study: Study, ood: str, score: str = "likelihood", question: Question = ITS_OWN) -> Quantity:
    """AUROC of a score in per cent: 50 is chance, below it the likelihood prefers the other set."""

    def look(found: Found) -> Measured:
        rankings = [_asked(one, ood).scores[score] for one in found.evaluations(study, question)]
        return Measured(
            values=tuple(PERCENT * one.auroc for one in rankings),
            within=PERCENT * mean((one.auroc_high - one.auroc_low) / 2 for one in rankings),
        )

    return look


def auroc_of_trained_on(study: Study) -> Quantity:
    """AUROC in per cent by which the likelihood would tell the test part from what was trained on."""

    def look(found: Found) -> Measured:
        known = [one.trained_on for one in found.evaluations(study)]
        return Measured(
            values=tuple(PERCENT * one.auroc for one in known),
            within=PERCENT * mean((one.auroc_high - one.auroc_low) / 2 for one in known),
        )

    return look


def bits_per_dim(study: Study) -> Quantity:
    """Bits/dim of the test part."""

    def look(found: Found) -> Measured:
        tests = [one.evaluated.evaluation.inside for one in found.evaluations(study)]
        return Measured(
            values=tuple(one.bits_per_dim for one in tests),
            within=mean(NORMAL * one.bits_per_dim_std / sqrt(one.images) for one in tests),
        )

    return look


def rise_in_bits(study: Study, other: Study) -> Quantity:
    """By how much bits/dim of the test part are above another study's, of the same images: their choice cancels."""

    def look(found: Found) -> Measured:
        difference = bits_per_dim(study)(found).less(bits_per_dim(other)(found))
        return difference.model_copy(update={"within": 0.0})

    return look


def less(one: Quantity, other: Quantity) -> Quantity:
    """The difference of two numbers, seed by seed."""
    return lambda found: one(found).less(other(found))


def explained(study: Study, ood: str, take: Callable[[Explanation], Estimate | None], what: str) -> Quantity:
    """An estimate of an explanation."""

    def look(found: Found) -> Measured:
        estimates = [take(one) for one in found.explanations(study, ood)]
        there = [one for one in estimates if one is not None]
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


def over_couplings(
    take: Callable[[Coupling], Estimate | None], *, skip: int = 0
) -> Callable[[ExplainedSet], Estimate | None]:
    """Average an estimate over the couplings of a set from the one after ``skip``; R² counts from -1 upwards."""
    return lambda data: average([take(layer) for layer in data.couplings[skip:]])


def average(estimates: Sequence[Estimate | None]) -> Estimate | None:
    """Average estimates of the same images; what lies below -1, as R² of a useless prediction may, counts as -1."""
    there = [one for one in estimates if one is not None]
    if not there:
        return None
    return Estimate(*(mean(max(getattr(one, end), -1.0) for one in there) for end in ("value", "low", "high")))


def _measured(estimates: Sequence[Estimate]) -> Measured:
    return Measured(
        values=tuple(one.value for one in estimates), within=mean((one.high - one.low) / 2 for one in estimates)
    )


def _asked(one: EvaluatedStudy, ood: str) -> EvaluatedSet:
    for outside_set in one.evaluated.evaluation.outsides:
        if outside_set.name == ood or outside_set.name.partition("?")[0] == ood:
            return outside_set
    raise Missing(f"{one.evaluated.run.config.recipe} was not asked about {ood}")
