"""Runs of one configuration with several seeds, taken together."""

from collections.abc import Callable, Sequence

from oodflow.evaluation.record import EvaluatedSet
from oodflow.report.evaluated_runs import EvaluatedRun
from oodflow.runs.replicas import by_seed, without_seed


class Replicas:
    """Runs that differ in nothing but their seed.

    Attributes:
        runs: from the lowest seed.
        config: what they share, but for the seed.
    """

    def __init__(self, runs: Sequence[EvaluatedRun]) -> None:
        self.runs = runs
        self.config = self.runs[0].run.config

    @property
    def seeds(self) -> list[int]:
        """Seeds of training, in order."""
        return [one.run.seed for one in self.runs]

    @property
    def inside(self) -> EvaluatedSet:
        """What the first says about its own test set."""
        return self.runs[0].evaluation.inside

    @property
    def outsides(self) -> tuple[EvaluatedSet, ...]:
        """What the first says about each set it was asked about."""
        return self.runs[0].evaluation.outsides

    def of(self, place: int, value: Callable[[EvaluatedSet], float | None]) -> list[float]:
        """Collect a value of a data set over the seeds, where it is there; place 0 is the test set."""
        values = [value(one.evaluation.sets[place]) for one in self.runs]
        return [number for number in values if number is not None]

    def areas(self, place: int, score: str) -> list[float]:
        """Collect the AUROC of a score over the seeds, in per cent."""

        def area(data: EvaluatedSet) -> float | None:
            metrics = data.scores.get(score)
            return None if metrics is None else 100 * metrics.auroc

        return self.of(place, area)


def replicas(runs: Sequence[EvaluatedRun]) -> list[Replicas]:
    """Put runs together that differ in their seed alone, in the order in which the first of each comes.

    A seed that comes twice starts a group of its own, and so does an imported flow: it has no seed that is known.
    """
    groups = by_seed(runs, seed=lambda one: one.run.seed if one.run.config.training else None, rest=_all_but_seed)
    return [Replicas(group) for group in groups]


def _all_but_seed(one: EvaluatedRun) -> str:
    """Write down the configuration without its seed, and what it was evaluated on and how."""
    options = one.evaluation.options
    sets = [(data.name, data.fingerprint, sorted(data.scores)) for data in one.evaluation.sets]
    how = [options.seed, options.draws, options.limit]
    return f"{without_seed(one.run.config)} {sets} {how}"
