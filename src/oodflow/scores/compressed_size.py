"""The baseline that needs no flow: how small a file the image makes."""

from typing import ClassVar, Literal

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Codec, CompressedBits, Statistic


class CompressedSize(Score):
    r"""Negative compressed size: what compresses well is out of distribution.

    .. math:: s(x) = -L(x) \quad\text{in bits}

    This is the hypothesis of the complexity literature alone (the data sets that fool a flow are *simpler* than its
    training data), equal to :class:`InputComplexity` under a flow that finds all images equally likely. It is no
    detector, since it is upside down whenever the other data is the more complex; it is the baseline to beat: CIFAR-10
    against SVHN is separated by file size as well as by many published scores, and a score that does not beat it there
    has shown nothing.

    Attributes:
        codec: of L; see :class:`~oodflow.statistics.CompressedBits`.

    Reference:
        Serrà et al., 2020, arXiv 1909.11480 (complexity alone, reported with the opposite sign).

    Example:
        >>> from oodflow.testing.observations import example
        >>> bool((CompressedSize().score(example("test")) < 0).all())
        True
    """

    kind: Literal["compressed-size"] = "compressed-size"
    unit: ClassVar[str] = "bits"
    codec: Codec = "smallest"

    def reads(self) -> tuple[Statistic, ...]:
        """Read the compressed size alone: no flow is asked."""
        return (CompressedBits(codec=self.codec),)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return −L(x), [N] in bits."""
        return -seen[CompressedBits(codec=self.codec)]
