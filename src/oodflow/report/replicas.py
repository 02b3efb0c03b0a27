"""Runs of one configuration with several seeds, taken together."""

from collections.abc import Callable, Sequence
from statistics import mean, stdev
from typing import Any

from oodflow.runs.config import RunConfig

Record = dict[str, Any]


class Replicas:
    """Records of runs that differ in nothing but their seed.

    Attributes:
        records: the records, by seed.
        config: what they share, but for the seed.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = sorted(records, key=_seed)
        self.config = RunConfig.model_validate(self.records[0]["config"])

    @property
    def seeds(self) -> list[int]:
        """Seeds of training, in order."""
        return [_seed(record) for record in self.records]

    @property
    def inside(self) -> Record:
        """What the first says about its own test set."""
        return dict(self.records[0]["evaluation"]["sets"][0])

    @property
    def outsides(self) -> list[Record]:
        """What the first says about each set it was asked about."""
        return list(self.records[0]["evaluation"]["sets"][1:])

    def of(self, place: int, value: Callable[[Record], float | None]) -> list[float]:
        """Collect a value of a data set over the seeds, where it is there; place 0 is the test set."""
        values = [value(record["evaluation"]["sets"][place]) for record in self.records]
        return [number for number in values if number is not None]


def replicas(records: Sequence[Record]) -> list[Replicas]:
    """Put records together that differ in their seed alone, in the order in which the first of each comes.

    A seed that comes twice starts a group of its own, and so does an imported flow: it has no seed that is known.
    """
    groups: list[tuple[str, list[Record]]] = []
    for record in records:
        same = [group for key, group in groups if key == _all_but_seed(record)]
        free = [group for group in same if _seed(record) not in map(_seed, group)]
        if free and record["config"]["training"]:
            free[0].append(record)
        else:
            groups.append((_all_but_seed(record), [record]))
    return [Replicas(group) for _, group in groups]


def _all_but_seed(record: Record) -> str:
    """Write down the configuration without its seed, and what it was evaluated on and how."""
    config = RunConfig.model_validate(record["config"])
    training = config.training and config.training.model_copy(update={"seed": 0})
    evaluation = record["evaluation"]
    sets = [(data["name"], data["fingerprint"]) for data in evaluation["sets"]]
    how = [evaluation["options"][name] for name in ("seed", "draws", "limit")]
    return f"{config.model_copy(update={'training': training}).model_dump_json()} {sets} {how}"


def summary(values: Sequence[float], digits: int) -> str:
    """Write one value, or the mean and the sample standard deviation of several.

    Example:
        >>> summary([3.5], 3), summary([3.5, 3.7], 3)
        ('3.500', '3.600 ± 0.141')
    """
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"


def _seed(record: Record) -> int:
    training = record["config"]["training"]
    return int(training["seed"]) if training else 0
