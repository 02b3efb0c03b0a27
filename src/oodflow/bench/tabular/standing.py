"""How methods stand on tables by one measure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oodflow.bench.tabular.record import TableFacts, TabularRecord, Trial
from oodflow.metrics import RankComparison, compare_ranks

Measure = Literal["auroc", "average_precision"]

MEASURES: dict[Measure, str] = {"auroc": "AUROC", "average_precision": "AP"}

DIGITS = 4
"""Measures that are the same when rounded so are tied."""


@dataclass(frozen=True)
class Standing:
    """Methods on tables by one measure.

    Attributes:
        measure: which.
        tables: some of the record's.
        methods: those that were measured.
        trials: by table and method, one a seed.
    """

    measure: Measure
    tables: tuple[TableFacts, ...]
    methods: tuple[str, ...]
    trials: dict[tuple[str, str], list[Trial]]

    @classmethod
    def of(cls, record: TabularRecord, measure: Measure, *, held_back: bool = False) -> "Standing":
        """Collect them; ``held_back``: of the tables alone that no setting was chosen on."""
        trials: dict[tuple[str, str], list[Trial]] = {}
        for trial in record.trials:
            trials.setdefault((trial.table, trial.method), []).append(trial)
        tables = tuple(table for table in record.tables if not (held_back and table.chosen_on))
        return cls(measure, tables, record.measured, trials)

    def seeds(self, table: TableFacts, method: str) -> list[float]:
        """Give the measure for each seed."""
        return [getattr(trial, self.measure) for trial in self.trials[table.name, method]]

    def times(self, method: str, of: Callable[[Trial], float]) -> list[float]:
        """Tell a time of each trial of a method that did not fail."""
        return [of(trial) for table in self.tables for trial in self.trials[table.name, method] if not trial.failed]

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Means over seeds, rounded, ``[tables, methods]``."""
        means = [[np.mean(self.seeds(table, method)) for method in self.methods] for table in self.tables]
        return np.asarray(np.round(means, DIGITS), dtype=np.float64)

    @cached_property
    def compared(self) -> RankComparison:
        """Compare ranks; there must be a table."""
        return compare_ranks(self.values)

    def names(self, places: Sequence[int]) -> list[str]:
        """Name methods by their places."""
        return [self.methods[place] for place in places]
