"""The flow's own opinion: what it finds improbable is out of distribution."""

from typing import ClassVar, Literal

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LogProb, Statistic


class Likelihood(Score):
    r"""Negative log-likelihood.

    .. math:: s(x) = -\log p(x) \quad\text{in nats}

    The paper's subject: a flow trained on photographs gives digits a *lower* s than the photographs it was trained on.

    Reference:
        Bishop, 1994, "Novelty detection and neural network validation" (the score);
        Kirichenko, Izmailov, Wilson, 2020, arXiv 2006.08545 (its failure with flows).

    Example:
        >>> from oodflow.testing.observations import example
        >>> test = example("test")
        >>> bool((Likelihood().score(test) == -test[LogProb()]).all())
        True
    """

    kind: Literal["likelihood"] = "likelihood"
    unit: ClassVar[str] = "nats"

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-probability."""
        return (LogProb(),)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return −log p(x), [N] in nats."""
        return -seen[LogProb()]
