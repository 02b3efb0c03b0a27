"""The flow's own opinion: what it finds improbable is out of distribution."""

import numpy as np
from numpy.typing import NDArray

from oodflow.scores.evidence import Evidence
from oodflow.scores.score import Score


class Likelihood(Score):
    r"""Negative log-likelihood.

    .. math:: s(x) = -\log p(x) \quad\text{in nats}

    The paper's subject: a flow trained on photographs gives digits a *lower* s than the photographs it was trained on.

    Reference:
        Bishop, 1994, "Novelty detection and neural network validation" (the score);
        Kirichenko, Izmailov, Wilson, 2020, arXiv 2006.08545 (its failure with flows).

    Example:
        >>> from oodflow.testing.scores import example_evidence
        >>> evidence = example_evidence(n=3)
        >>> bool((Likelihood().score(evidence) == -evidence.log_prob).all())
        True
    """

    name = "likelihood"
    unit = "nats"

    def score(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return −log p(x), [N] in nats."""
        return -evidence.log_prob
