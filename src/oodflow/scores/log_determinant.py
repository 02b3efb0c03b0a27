"""The part of the likelihood that the change of volume has."""

from typing import ClassVar, Literal

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LogDet, Statistic


class LogDeterminant(Score):
    r"""Negative log-determinant: what the flow contracts is out of distribution.

    .. math:: s(x) = -\log \Bigl| \det \frac{\partial f}{\partial x} \Bigr|

    in nats. No detector but a diagnosis: with :class:`LatentLikelihood` it sums up to the likelihood, and where that is
    fooled, it is this term that fools it.

    Reference:
        Kirichenko, Izmailov, Wilson, 2020, arXiv 2006.08545, equation 1 and section 4.

    Example:
        >>> from oodflow.scores import LatentLikelihood, Likelihood
        >>> from oodflow.testing.observations import example
        >>> test = example("test", "vectors")
        >>> whole = LatentLikelihood().score(test) + LogDeterminant().score(test)
        >>> bool(abs(whole - Likelihood().score(test)).max() < 1e-4)
        True
    """

    kind: Literal["log-determinant"] = "log-determinant"
    unit: ClassVar[str] = "nats"
    detects: ClassVar[bool] = False

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-determinant."""
        return (LogDet(),)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return −log|det|, [N] in nats."""
        return -seen[LogDet()]
