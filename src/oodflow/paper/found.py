"""What a reproduction has found so far, and how numbers are looked up in it."""

from collections.abc import Callable
from typing import TypeVar

from oodflow.explanation.record import Explanation
from oodflow.paper.claims import Measured
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import EvaluatedStudy, Evaluating, Explaining, Product, Training
from oodflow.paper.study import ITS_OWN, Question, Study
from oodflow.recipes.scales import Scale

T = TypeVar("T")


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

    def evaluations(self, study: Study, question: Question = ITS_OWN) -> list[EvaluatedStudy]:
        """Collect what the seeds of a study answer.

        Raises:
            Missing: none of them has been evaluated.
        """
        return self._all([Evaluating(Training(study, seed), question) for seed in self.seeds])

    def explanations(self, study: Study, ood: str) -> list[Explanation]:
        """Collect the explanations of the seeds of a study.

        Raises:
            Missing: none of them has been explained.
        """
        return self._all([Explaining(Training(study, seed), ood) for seed in self.seeds])

    def record(self, node: Product) -> object:
        """Read what a piece of work has left behind.

        Raises:
            Missing: it has not been done.
        """
        return self._all([node])[0]

    def _all(self, nodes: list[Product]) -> list[T]:
        there = [node.read(self.lab) for node in nodes if node.done(self.lab)]
        if not there:
            raise Missing(self._why(nodes[0]))
        return there

    def _why(self, node: Product) -> str:
        reasons = [self.blocked[one.name] for one in (node, *node.needs) if one.name in self.blocked]
        return reasons[0] if reasons else f"{node.name} has not been done"
