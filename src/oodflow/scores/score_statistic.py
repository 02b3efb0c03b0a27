"""Rao's score test: how far the flow's weights are from the best ones for an image."""

from typing import ClassVar, Literal

import numpy as np

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import GradientNorms, Statistic


class ScoreStatistic(Score):
    r"""Squared norm of the gradient in the metric of the Fisher information, which is one number a tensor here.

    .. math:: s(x) = \log \frac1L \sum_{l=1}^{L} \frac{\|\nabla_{\theta_l} \log p(x)\|^2}{F_l}, \qquad
              F_l = \frac1N \sum_n \|\nabla_{\theta_l} \log p(x_n)\|^2

    over the held-out images :math:`x_n`. The authors take a Fisher information that has an entry of its own for each
    weight, and combine the test with that of typicality: ``combined?of=score-statistic+typicality``.

    Reference:
        Rao, 1948, "Large sample tests of statistical hypotheses concerning several parameters"; Bergamin et al., 2022,
        "Model-agnostic out-of-distribution detection using combined statistical tests", arXiv 2203.01097.

    Example:
        >>> from oodflow.testing.observations import example
        >>> ScoreStatistic().fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["score-statistic"] = "score-statistic"
    unit: ClassVar[str] = "log"
    learns: ClassVar[bool] = True

    def reads(self) -> tuple[Statistic, ...]:
        """Read the norms of the gradients."""
        return (GradientNorms(),)

    def learn(self, seen: Seen) -> Learned:
        """Learn the logarithm of the mean squared norm of each tensor's gradient."""
        norms = seen[GradientNorms()]
        return {"information": np.logaddexp.reduce(norms, axis=0) - np.log(len(norms))}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the logarithm of the mean over tensors, [N]."""
        relative = seen[GradientNorms()] - learned["information"]
        return np.asarray(np.logaddexp.reduce(relative, axis=1) - np.log(relative.shape[1]))
