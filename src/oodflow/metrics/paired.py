"""Which of two scores ranks better, on the same images."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError
from oodflow.metrics.bootstrap import LEAST
from oodflow.metrics.checked import checked
from oodflow.metrics.interval import Estimate

_NORMAL = 1.959963984540054  # 97.5 % of a normal distribution lie below

Sides = tuple[ArrayLike, ArrayLike]
"""Scores of the in-distribution images, [N], and of the OOD images, [M]."""


def auroc_difference(first: Sides, second: Sides) -> Estimate:
    r"""Return by how much the AUROC of one score is above another's, both of the same images.

    .. math:: \hat\Delta = A_1 - A_2, \qquad
              \operatorname{var} \hat\Delta = \frac{\operatorname{var}_i (a_{1i} - a_{2i})}{N}
              + \frac{\operatorname{var}_j (b_{1j} - b_{2j})}{M}

    where :math:`a_{ki}` is the share of OOD images that score k ranks above in-distribution image i, and
    :math:`b_{kj}` the share of in-distribution images that it ranks below OOD image j, ties by half. What is hard for
    both scores cancels, so that the interval is narrower than those of the two areas suggest.

    Args:
        first: scores of both sides.
        second: another score's, of the same images in the same order.

    Returns:
        The difference with its 95 % normal interval, within [-1, 1]; of fewer than 10 images on a side that is all
        that can be said.

    Raises:
        UsageError: the scores are not of equally many images, or a side is empty or holds NaN.

    Reference:
        DeLong, DeLong, Clarke-Pearson, Biometrics 44, 1988 (the variance).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> inside, outside = rng.normal(0, 1, 200), rng.normal(2, 1, 200)
        >>> found = auroc_difference((inside, outside), (inside, outside / 2))
        >>> found.low > 0
        True
    """
    (of_in, of_out), (other_in, other_out) = (_placements(*sides) for sides in (first, second))
    if (len(of_in), len(of_out)) != (len(other_in), len(other_out)):
        raise UsageError(
            f"first has scores of {len(of_in)} and {len(of_out)} images, second of {len(other_in)} and "
            f"{len(other_out)}: expected two scores of the same images."
        )
    value = float(of_out.mean() - other_out.mean())
    if min(len(of_in), len(of_out)) < LEAST:
        return Estimate(value, -1.0, 1.0)
    variance = sum(np.var(one - other, ddof=1) / len(one) for one, other in ((of_in, other_in), (of_out, other_out)))
    half = _NORMAL * float(np.sqrt(variance))
    return Estimate(value, max(value - half, -1.0), min(value + half, 1.0))


def _placements(scores_in: ArrayLike, scores_out: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tell for each image of either side which share of the other it is ranked rightly against: [N], [M]."""
    inside, outside = checked("scores_in", scores_in), checked("scores_out", scores_out)
    return 1 - _below(inside, outside), _below(outside, inside)


def _below(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tell which share of the others lies below each value, ties by half."""
    ordered = np.sort(others)
    ends = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.asarray(sum(ends) / (2 * len(ordered)))
