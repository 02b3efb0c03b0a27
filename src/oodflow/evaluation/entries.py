"""What an evaluation writes down of each set."""

from math import prod
from typing import Any, Literal

from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.promises import ByScore, above, flagged
from oodflow.evaluation.record import EvaluatedSet, Threshold
from oodflow.evaluation.scoring import Scored
from oodflow.metrics import Estimate, auroc_difference, bits_per_dim, ranking
from oodflow.runs.provenance import describe
from oodflow.statistics import LogProb


def entries(
    scored: list[Scored], held_out: ByScore, limits: dict[str, Threshold], options: EvaluationOptions
) -> list[EvaluatedSet]:
    """Describe each set and how well each score tells it from the first."""
    test, *others = scored
    inside = _entry(test, "in-distribution test", above=above(test.values, limits))
    outsides = [
        _entry(
            one, "out-of-distribution", above=above(one.values, limits),
            flagged=flagged(held_out, test.values, one.values, options.fdr),
            scores={name: ranking(test.values[name], one.values[name], seed=options.seed) for name in one.values},
            differences=_differences(test.values, one.values),
        )
        for one in others
    ]  # fmt: skip
    return [inside, *outsides]


def _differences(inside: ByScore, outside: ByScore) -> dict[str, Estimate]:
    """Compare scores of single images with the likelihood, if that was asked for."""
    if (likelihood := "likelihood") not in inside:
        return {}
    return {
        name: auroc_difference((inside[name], outside[name]), (inside[likelihood], outside[likelihood]))
        for name in inside
        if name != likelihood and len(inside[name]) == len(inside[likelihood])
    }


def _entry(scored: Scored, role: Literal["in-distribution test", "out-of-distribution"], **found: Any) -> EvaluatedSet:
    observation = scored.observation
    log_prob, dims = observation[LogProb()], prod(observation.data.shape)
    bits, bound = bits_per_dim(log_prob, dims), bits_per_dim(observation[LogProb(bound=True)], dims)
    return EvaluatedSet(
        **describe(observation.data).model_dump(), role=role,
        bits_per_dim=float(bits.mean()), bits_per_dim_bound=float(bound.mean()), bits_per_dim_std=float(bits.std()),
        log_prob=float(log_prob.mean()), **{"scores": {}, "differences": {}, "flagged": {}, **found},
    )  # fmt: skip
