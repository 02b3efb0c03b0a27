"""How much likelier an image is than the same image turned, or cut and put together otherwise."""

from typing import ClassVar, Literal

import numpy as np

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LogProb, Move, Statistic, TransformedLogProb

_FAR = 3.0  # median absolute deviations


class Transformed(Score):
    r"""Sum of the differences of log-probability to the image after each of several changes of place, negated.

    .. math:: s(x) = -\sum_k \bigl[\log p(x) - \log p(T_k x)\bigr] + \max\Bigl(0,\
              \frac{\operatorname{med} - 3\operatorname{MAD} - \log p(x)}{\operatorname{MAD}}\Bigr) \cdot \Delta

    in nats. What is simple stays as likely when it is turned, and images of the flow's own kind do not, if there is an
    up and a down in them. Where the image is far less likely than held-out ones (median and median absolute deviation),
    the authors take it for out of distribution whatever the sum; here it is raised above the sums of all held-out
    images, whose range is :math:`\Delta`, for each MAD that it is farther.

    Attributes:
        move: ``stirring`` or ``shaking``; see :class:`~oodflow.statistics.TransformedLogProb`.

    Reference:
        Umapathi et al., 2023, IJCAI, arXiv 2208.13579, for PixelCNN++.

    Example:
        >>> from oodflow.testing.observations import example
        >>> Transformed().fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["transformed"] = "transformed"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True
    shown: ClassVar = ({}, {"move": "shaking"})
    move: Move = "stirring"

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-probability, and those of the transformed image."""
        return LogProb(), TransformedLogProb(move=self.move)

    def learn(self, seen: Seen) -> Learned:
        """Learn which log-probabilities and sums are usual."""
        log_prob = seen[LogProb()]
        median = np.median(log_prob)
        deviation = max(np.median(np.abs(log_prob - median)), np.finfo(np.float32).tiny)
        range_of_sums = np.ptp(self._sums(seen))
        return {"median": np.array(median), "deviation": np.array(deviation), "range": np.array(range_of_sums)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the negative sum, raised where the image is too unlikely, [N] in nats."""
        below = (learned["median"] - seen[LogProb()]) / learned["deviation"] - _FAR
        return np.asarray(np.maximum(below, 0) * learned["range"] - self._sums(seen))

    def _sums(self, seen: Seen) -> Values:
        return np.asarray((seen[LogProb()][:, None] - seen[TransformedLogProb(move=self.move)]).sum(1))
