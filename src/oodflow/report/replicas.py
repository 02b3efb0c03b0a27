"""Runs of one configuration with several seeds, taken together."""

from collections.abc import Callable, Sequence

from oodflow.evaluation.record import EvaluatedSet
from oodflow.report.evaluated_runs import EvaluatedRun


class Replicas:
    """Runs that differ in nothing but their seed.

    Attributes:
        runs: by seed.
        config: what they share, but for the seed.
    """

    def __init__(self, runs: Sequence[EvaluatedRun]) -> None:
        self.runs = sorted(runs, key=lambda one: one.run.seed)
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


def replicas(runs: Sequence[EvaluatedRun]) -> list[Replicas]:
    """Put runs together that differ in their seed alone, in the order in which the first of each comes.

    A seed that comes twice starts a group of its own, and so does an imported flow: it has no seed that is known.
    """
    groups: list[tuple[str, list[EvaluatedRun]]] = []
    for one in runs:
        same = [group for key, group in groups if key == _all_but_seed(one)]
        free = [group for group in same if one.run.seed not in [other.run.seed for other in group]]
        if free and one.run.config.training:
            free[0].append(one)
        else:
            groups.append((_all_but_seed(one), [one]))
    return [Replicas(group) for _, group in groups]


def _all_but_seed(one: EvaluatedRun) -> str:
    """Write down the configuration without its seed, and what it was evaluated on and how."""
    config, options = one.run.config, one.evaluation.options
    training = config.training and config.training.model_copy(update={"seed": 0})
    sets = [(data.name, data.fingerprint, sorted(data.scores)) for data in one.evaluation.sets]
    how = [options.seed, options.draws, options.limit]
    return f"{config.model_copy(update={'training': training}).model_dump_json()} {sets} {how}"
