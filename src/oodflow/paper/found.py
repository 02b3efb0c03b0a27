"""What a reproduction has found so far, and how numbers are looked up in it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oodflow.explanation.record import Explanation
from oodflow.paper.claims import Measured
from oodflow.paper.evaluating import EvaluatedStudy, Evaluating
from oodflow.paper.explaining import Explaining
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Product, Training
from oodflow.paper.study import ITS_OWN, Question, Study
from oodflow.recipes.scales import Scale


class Missing(Exception):
    """Something has not been measured: says why."""


class Found:
    """The records of a reproduction.

    Args:
        lab: where they lie.
        blocked: by name of a piece of work, why it can't be done.
    """

    def __init__(self, lab: Lab, blocked: dict[str, str] | None = None) -> None:
        self.lab, self.blocked = lab, blocked or {}
        self._records: dict[Product, Any] = {}

    @property
    def scale(self) -> Scale:
        """Of the trainings."""
        return self.lab.scale

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the trainings."""
        return self.lab.seeds

    def look(self, quantity: Callable[["Found"], Measured]) -> tuple[Measured | None, str]:
        """Look a number up: the number, or none and why it is not there."""
        try:
            return quantity(self), ""
        except Missing as error:
            return None, str(error)

    def evaluations(self, study: Study, question: Question = ITS_OWN) -> dict[int, EvaluatedStudy]:
        """Collect what the seeds of a study answer.

        Raises:
            Missing: none of them has been evaluated.
        """
        return self.records({seed: Evaluating(Training(study, seed), question) for seed in self.seeds})

    def likely(self, study: Study) -> dict[int, dict[str, NDArray[np.float64]]]:
        """Collect the log-probabilities of single images, by seed of a study and set.

        Raises:
            Missing: no seed has been evaluated.
        """
        nodes = {seed: Evaluating(Training(study, seed)) for seed in self.evaluations(study)}
        return {seed: node.values(self.lab) for seed, node in nodes.items()}

    def explanations(self, study: Study, ood: str) -> dict[int, Explanation]:
        """Collect the explanations of the seeds of a study.

        Raises:
            Missing: none of them has been explained.
        """
        return self.records({seed: Explaining(Training(study, seed), ood) for seed in self.seeds})

    def records(self, nodes: Mapping[int, Product]) -> dict[int, Any]:
        """Read what pieces of work have left behind, by seed.

        Raises:
            Missing: none of them has been done.
        """
        there = {seed: self._read(node) for seed, node in nodes.items()}
        found = {seed: record for seed, record in there.items() if record is not None}
        if not found:
            raise Missing(self._why(next(iter(nodes.values()))))
        return found

    def _read(self, node: Product) -> Any:
        """Read a record once; none: it is not there."""
        if node not in self._records:
            self._records[node] = node.read(self.lab) if node.done(self.lab) else None
        return self._records[node]

    def _why(self, node: Product) -> str:
        reasons = [self.blocked[one.name] for one in (node, *node.needs) if one.name in self.blocked]
        return reasons[0] if reasons else f"{node.name} has not been done"
