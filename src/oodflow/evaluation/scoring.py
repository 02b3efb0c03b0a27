"""Fitting the chosen scores, and scoring a set with all of them."""

from dataclasses import dataclass
from functools import partial

from oodflow.errors import UsageError
from oodflow.evaluation.choice import Choice
from oodflow.scores import FittedScore, Score, Values
from oodflow.statistics import LogProb, Observation, timed

Fitted = dict[str, Score | FittedScore]
"""By name, scores that are ready to be used."""


@dataclass(frozen=True)
class Scored:
    """A set that has been scored.

    Attributes:
        observation: the set as the flow sees it.
        values: by name of the score.
        costs: by name of the score, seconds that it takes for an image; NaN: not known.
    """

    observation: Observation
    values: dict[str, Values]
    costs: dict[str, float]


def fit(choice: Choice, reference: Observation | None) -> tuple[Fitted, dict[str, str]]:
    """Fit the scores that learn, whose statistics are collected together; say why some of ``all`` can't.

    Raises:
        UsageError: a score that was asked for by its name can't learn from the reference.
    """
    if reference is not None:
        reference.collect(statistic for one in choice.scores.values() if one.learns for statistic in one.reads())
    fitted: Fitted = {}
    unfit: dict[str, str] = {}
    for name, score in choice.scores.items():
        try:
            fitted[name] = score.fit(reference) if score.learns and reference is not None else score
        except UsageError as error:
            reason = str(error).rstrip(".") + choice.cut
            if name in choice.asked:
                raise UsageError(f"the score {name} can't be computed here: {reason}.") from error
            unfit[name] = reason
    return fitted, unfit


def score_all(scores: Fitted, observation: Observation) -> Scored:
    """Score a set; all statistics are collected together."""
    reads = {
        name: (score.settings if isinstance(score, FittedScore) else score).reads() for name, score in scores.items()
    }
    observation.collect([LogProb(), LogProb(bound=True), *(one for statistics in reads.values() for one in statistics)])
    values, costs = {}, {}
    for name, score in scores.items():
        values[name], seconds = timed(partial(score.score, observation))
        costs[name] = (observation.seconds(reads[name]) + seconds) / len(observation)
    return Scored(observation, values, costs)
