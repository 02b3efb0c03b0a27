"""Whether a stream is still drawn as held-out data was: a bet against it, whose winnings are evidence."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError
from oodflow.metrics.checked import checked

POWERS = np.array([0.2, 0.4, 0.6, 0.8])  # below 1: the lower, the more is bet on the very smallest p-values


class ConformalMartingale:
    r"""A conformal test martingale: capital that bets on scores of a stream being unlike those before them.

    The n-th score has the smoothed p-value

    .. math:: p_n = \frac{\#\{i : s_i > s_n\} + u_n\, \#\{i : s_i = s_n\}}{\#\{i\}}, \qquad u_n \sim \mathcal U(0, 1]

    among held-out scores, the stream before it and itself. If all of these are exchangeable, p-values are independent
    and uniform, whatever the score is. Then no bet :math:`f \ge 0` with :math:`\int_0^1 f(p)\,dp = 1` makes money on
    average, nor does the mixture over what is bet and when it begins:

    .. math:: M_n = \frac{1}{n + 1} + \sum_{k=1}^{n} \frac{1}{k (k + 1)} \frac1J \sum_{j=1}^J \prod_{i=k}^{n} f_j(p_i),
              \qquad f(p) = \epsilon p^{\epsilon - 1} \text{ or } \epsilon (1 - p)^{\epsilon - 1},

    which bets on scores that are higher, and on those that are lower. What has not been bet yet is never lost, so that
    a change late in a long stream is found as well. By Ville's inequality

    .. math:: P\Bigl(\sup_n M_n \ge c\Bigr) \le 1 / c

    over the whole of the stream, however long it is and whenever it is looked at: a capital of 100 would come about in
    one stream of a hundred that do not drift. Where a stream has drifted and stays so, scores become like those before
    them again, and the capital that it won is bet away: what counts is the highest.

    Memory and time a score do not grow with the stream: scores count by the interval that they lie in, between those of
    every second held-out datum; of which the others begin the sequence. That is but another score, with ties, and
    the guarantee is as it was.

    Args:
        reference: [N], scores of held-out in-distribution data in the order in which it was drawn, two at least.
        seed: of :math:`u_n`.

    Attributes:
        log10: :math:`\log_{10} M_n` after the last score.
        highest: the largest that it has been.

    Raises:
        UsageError: the reference has fewer than two scores, or holds NaN.

    Reference:
        Vovk, Nouretdinov, Gammerman, 2003, "Testing exchangeability on-line", ICML (the martingale); Vovk, 2021,
        "Testing randomness online", Statistical Science 36, arXiv:1906.09256; Ville, 1939, *Étude critique de la notion
        de collectif*, chapter 5 (the inequality); Shiryaev, 1963 (mixtures over when a change begins).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> watch = ConformalMartingale(rng.normal(size=500))
        >>> as_before, shifted = watch.update(rng.normal(size=300)), watch.update(rng.normal(1.5, size=60))
        >>> bool(as_before.max() < 1), bool(shifted.max() > 4)
        (True, True)
    """

    def __init__(self, reference: ArrayLike, *, seed: int = 0) -> None:
        scores = checked("reference", reference)
        if len(scores) < 2:
            raise UsageError("reference holds a single score: expected two or more, to bet against.")
        self._edges = np.unique(scores[::2])
        self._counts = np.bincount(self._interval(scores[1::2]), minlength=len(self._edges) + 1)
        self._random = np.random.default_rng(seed)
        self._bets = np.full(2 * len(POWERS), -np.inf)  # logarithms of the capital in each
        self._steps = 0
        self.log10 = self.highest = 0.0

    def update(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Take the next scores of the stream, [n]; returns the log10 of the capital after each, [n].

        How a stream is cut into updates makes no difference.

        Raises:
            UsageError: the scores hold NaN.
        """
        capitals = np.array([self._step(interval) for interval in self._interval(checked("scores", scores))])
        self.log10, self.highest = float(capitals[-1]), max(self.highest, float(capitals.max()))
        return capitals

    def _interval(self, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        return np.searchsorted(self._edges, scores)

    def _step(self, interval: np.intp) -> float:
        """Bet, see the p-value, and tell the log10 of the capital."""
        self._steps += 1
        n = self._steps
        entering = -np.log(float(n) * (n + 1) * len(self._bets))
        self._bets = np.logaddexp(self._bets, entering) + _log_bets(self._p_value(interval))
        return float(np.logaddexp.reduce([*self._bets, -np.log(n + 1)]) / np.log(10))

    def _p_value(self, interval: np.intp) -> float:
        self._counts[interval] += 1
        above, beside = self._counts[interval + 1 :].sum(), self._counts[interval]
        return float((above + (1 - self._random.random()) * beside) / self._counts.sum())


def _log_bets(p: float) -> NDArray[np.float64]:
    """Take the logarithms of all bets at a p-value."""
    logs = np.log(np.maximum([p, 1 - p], np.finfo(np.float64).tiny))
    return np.asarray((np.log(POWERS) + (POWERS - 1) * logs[:, None]).ravel())
