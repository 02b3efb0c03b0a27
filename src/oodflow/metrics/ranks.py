"""Several methods on several data sets: their average ranks, and which of them can be told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RankComparison:
    """How methods rank over data sets.

    Attributes:
        ranks: ``[N, k]``: on each data set the best method has 1; those that are tied share the mean of their places.
        friedman: the statistic of Friedman's test; none where it has nothing to say.
        p_value: of that test: how probable ranks that differ so much are if all methods are alike.
        critical_difference: average ranks that differ by less can't be told apart.
    """

    ranks: Floats
    friedman: float | None
    p_value: float | None
    critical_difference: float

    @property
    def average(self) -> Floats:
        """Average rank of each method, ``[k]``: 1 is the best there can be."""
        return np.asarray(self.ranks.mean(0))

    @property
    def order(self) -> tuple[int, ...]:
        """The methods, best first."""
        return tuple(map(int, np.argsort(self.average, kind="stable")))

    def alike(self, one: int, other: int) -> bool:
        """Tell whether two methods can't be told apart."""
        return bool(abs(self.average[one] - self.average[other]) < self.critical_difference)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Largest sets of two methods or more, best first, none of which can be told from any other in the set."""
        order, found, reached = self.order, [], 0
        for start, best in enumerate(order):
            stop = max(place for place in range(start, len(order)) if place == start or self.alike(best, order[place]))
            if stop > max(start, reached):
                found.append(order[start : stop + 1])
                reached = stop
        return tuple(found)


def compare_ranks(values: ArrayLike, *, level: float = 0.05) -> RankComparison:
    r"""Compare k methods on N data sets by their ranks, after Friedman and Nemenyi.

    .. math:: \chi^2_F = \frac{12 N}{k (k + 1)} \Bigl(\sum_j \bar r_j^2 - \frac{k (k + 1)^2}{4}\Bigr), \qquad
              \text{CD} = \frac{q_{\alpha, k}}{\sqrt 2} \sqrt{\frac{k (k + 1)}{6 N}}

    the first corrected for ties, with :math:`q` the studentised range of k means at infinitely many degrees of
    freedom. Friedman's test asks whether any two methods differ; Nemenyi's tells which, at one level for all pairs
    together. It takes three methods, and two data sets on which they are not all tied, for the former.

    Args:
        values: ``[N, k]``, how good each method is on each data set, higher being better.
        level: :math:`\alpha`, the share of comparisons in which methods that are alike may be told apart.

    Raises:
        UsageError: ``values`` is not ``[N, k]`` of one data set and two methods at least, or holds NaN; ``level`` is
            no share.

    Reference:
        Demšar, *Statistical Comparisons of Classifiers over Multiple Data Sets*, JMLR 7, 2006, section 3.2.2.

    Example:
        >>> compared = compare_ranks([[0.9, 0.8, 0.7], [0.8, 0.8, 0.6], [0.9, 0.6, 0.5], [0.7, 0.6, 0.4]])
        >>> compared.average.tolist(), compared.groups
        ([1.125, 1.875, 3.0], ((0, 1), (1, 2)))
        >>> round(compared.p_value, 3), round(compared.critical_difference, 3)
        (0.022, 1.657)
    """
    from scipy import stats

    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not len(table) or table.shape[1] < 2 or np.isnan(table).any():
        raise UsageError(
            f"values is {list(table.shape)}: expected numbers [N, k] of one data set, two methods or more."
        )
    if not 0 < level < 1:
        raise UsageError(f"level is {level!r}: expected a share between 0 and 1, such as 0.05.")
    sets, methods = table.shape
    ranks = stats.rankdata(-table, axis=1)
    friedman = p_value = None
    if methods > 2 and sets > 1 and (ranks != ranks[:, :1]).any():
        friedman, p_value = map(float, stats.friedmanchisquare(*table.T))
    studentised = float(stats.studentized_range.ppf(1 - level, methods, np.inf))
    difference = studentised / np.sqrt(2) * np.sqrt(methods * (methods + 1) / (6 * sets))
    return RankComparison(np.asarray(ranks, dtype=np.float64), friedman, p_value, float(difference))
