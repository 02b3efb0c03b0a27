"""Too likely is as suspicious as too unlikely: how far an image's likelihood is from the usual one."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from oodflow.scores.evidence import Evidence
from oodflow.scores.score import NotFittedError, Score


class Typicality(Score):
    r"""Distance of the negative log-likelihood from its mean on in-distribution data, for single images.

    .. math:: s(x) = \bigl| -\log p(x) - \hat H \bigr|, \qquad \hat H = \frac1N \sum_n -\log p(x_n)

    in nats, with the sum over the reference.

    :math:`\hat H` has to come from held-out data: a flow that over-fits gives its training data a smaller mean. The
    test is blind where the likelihoods of both data sets overlap.

    Reference:
        Nalisnick, Matsukawa, Teh, Lakshminarayanan, 2019, arXiv 1906.02994, section 3 (there for groups of M images;
        this is M = 1).

    Example:
        >>> from oodflow.testing.scores import example_evidence
        >>> typicality = Typicality().fit(example_evidence(n=50, seed=1))
        >>> bool((typicality.score(example_evidence(n=3)) >= 0).all())
        True
    """

    name = "typicality"
    unit = "nats"

    def __init__(self) -> None:
        self.entropy: float | None = None

    def fit(self, reference: Evidence) -> Self:
        """Estimate the flow's entropy Ĥ as the mean of −log p on held-out in-distribution data."""
        self.entropy = -float(np.mean(reference.log_prob))
        return self

    def score(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return ``|−log p(x) − Ĥ|``, [N] in nats; raise ``NotFittedError`` before ``fit``."""
        if self.entropy is None:
            raise NotFittedError(self)
        return np.abs(-evidence.log_prob - self.entropy)
