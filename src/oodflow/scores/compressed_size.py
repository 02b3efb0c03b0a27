"""The baseline that needs no flow: how small a file the image makes."""

import numpy as np
from numpy.typing import NDArray

from oodflow.scores.evidence import Evidence
from oodflow.scores.score import Score


class CompressedSize(Score):
    r"""Negative compressed size: what compresses well is out of distribution.

    .. math:: s(x) = -L(x) \quad\text{in bits}

    This is the hypothesis of the complexity literature alone (the data sets that fool a flow are *simpler* than its
    training data), equal to :class:`InputComplexity` under a flow that finds all images equally likely. It is no
    detector, since it is upside down whenever the other data is the more complex; it is the baseline to beat: CIFAR-10
    against SVHN is separated by file size as well as by many published scores, and a score that does not beat it there
    has shown nothing.

    Reference:
        Serrà et al., 2020, arXiv 1909.11480 (complexity alone, reported with the opposite sign).

    Example:
        >>> from oodflow.testing.scores import example_evidence
        >>> bool((CompressedSize().score(example_evidence(n=3)) < 0).all())
        True
    """

    name = "compressed-size"
    unit = "bits"

    def score(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return −L(x), [N] in bits; the flow's log-probabilities are not looked at."""
        return -evidence.compressed_bits
