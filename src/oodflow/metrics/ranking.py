"""How well a score ranks out-of-distribution (OOD) data above in-distribution data.

Everywhere: a higher score means more OOD, OOD is the positive class unless a name says otherwise, and every metric
depends on the order of the scores alone, so that any increasing function of a score has the same metrics.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.metrics.bootstrap import LEAST, bootstrap_auroc
from oodflow.metrics.checked import checked


@dataclass(frozen=True)
class Ranking:
    """How well one score separates one pair of data sets; every metric is a fraction in [0, 1]."""

    __pydantic_config__: ClassVar = {"extra": "forbid", "allow_inf_nan": False}  # where it stands in a record

    auroc: float
    auroc_low: float
    auroc_high: float
    aupr_in: float
    aupr_out: float
    fpr95: float
    n_in: int
    n_out: int


def ranking(scores_in: ArrayLike, scores_out: ArrayLike, *, seed: int = 0, replicates: int = 1000) -> Ranking:
    """Return every ranking metric of one score on one pair of data sets.

    Args:
        scores_in: [N], scores of the in-distribution images.
        scores_out: [M], scores of the OOD images.
        seed: of the bootstrap.
        replicates: how many bootstrap replicates the interval of the AUROC rests on.

    Returns:
        The metrics; ``auroc_low`` and ``auroc_high`` bound the 95 % bootstrap percentile interval, which covers the
        choice of test images, not the training of the flow. Of fewer than 10 images on a side it is [0, 1]: nothing can
        be said. Where all pairs are ranked alike, so that resampling can't vary, it is the exact interval of as many
        independent pairs as the smaller side has images.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN; ``replicates`` is not positive.

    Reference:
        Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13 (percentile interval); Clopper and
        Pearson, Biometrika 26, 1934 (exact interval).

    Example:
        >>> ranking([0, 1, 2, 3], [2, 3, 4, 5]).auroc
        0.875
        >>> few, more = ranking([0, 1], [2, 3]), ranking(range(40), range(40, 80))
        >>> (few.auroc, few.auroc_low), (more.auroc, round(more.auroc_low, 3))
        ((1.0, 0.0), (1.0, 0.912))
    """
    resampled = bootstrap_auroc(scores_in, scores_out, seed=seed, replicates=replicates)
    area = auroc(scores_in, scores_out)
    low, high = _interval(area, resampled, min(np.size(scores_in), np.size(scores_out)))
    return Ranking(
        auroc=area,
        auroc_low=low,
        auroc_high=high,
        aupr_in=aupr_in(scores_in, scores_out),
        aupr_out=aupr_out(scores_in, scores_out),
        fpr95=fpr95(scores_in, scores_out),
        n_in=np.size(scores_in),
        n_out=np.size(scores_out),
    )


def _interval(area: float, resampled: NDArray[np.float64], fewest: int) -> tuple[float, float]:
    if fewest < LEAST:
        return 0.0, 1.0
    if area in (0, 1):
        beyond = 1 - 0.025 ** (1 / fewest)
        return (1 - beyond, 1.0) if area else (0.0, beyond)
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(low), float(high)


def auroc(scores_in: ArrayLike, scores_out: ArrayLike) -> float:
    r"""Return the area under the receiver operating characteristic.

    .. math:: \text{AUROC} = P(s_\text{out} > s_\text{in}) + \tfrac12 P(s_\text{out} = s_\text{in})

    Args:
        scores_in: [N], scores of the in-distribution images.
        scores_out: [M], scores of the OOD images.

    Returns:
        A fraction; 1 ranks every OOD image above every in-distribution one, 0 below; ½ is chance.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN.

    Reference:
        Hanley and McNeil, Radiology 143, 1982 (the area is the probability of a correct ranking).

    Example:
        >>> auroc([0, 1], [1, 2])  # of four pairs three are right and one is tied
        0.875
    """
    normal, outlying = _counts(scores_in, scores_out)
    below = np.cumsum(normal) - normal
    return float(np.sum(outlying * (below + normal / 2)) / (normal.sum() * outlying.sum()))


def roc(scores_in: ArrayLike, scores_out: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the receiver operating characteristic: what each threshold finds, and at how many false alarms.

    Args:
        scores_in: [N], scores of the in-distribution images.
        scores_out: [M], scores of the OOD images.

    Returns:
        For thresholds from above all scores down to the lowest, shares of the in-distribution images and of the OOD
        images at or above it, both from 0 to 1. The area below the straight lines between them is :func:`auroc`.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN.

    Example:
        >>> alarms, found = roc([0, 1], [1, 2])
        >>> [(float(a), float(f)) for a, f in zip(alarms, found)]
        [(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)]
    """
    normal, outlying = (
        np.concatenate([[0], np.cumsum(side[::-1]) / side.sum()]) for side in _counts(scores_in, scores_out)
    )
    return normal, outlying


def aupr_out(scores_in: ArrayLike, scores_out: ArrayLike) -> float:
    r"""Return the area under the precision-recall curve, OOD being positive and found by a high score.

    .. math:: \text{AUPR} = \sum_t (R_t - R_{t-1}) P_t

    over the distinct thresholds t: average precision, without interpolation.

    Args:
        scores_in: [N], scores of the in-distribution images.
        scores_out: [M], scores of the OOD images.

    Returns:
        A fraction; chance is M/(N+M), so compare it only between pairs of equal sizes.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN.

    Reference:
        Hendrycks and Gimpel, 2017, arXiv 1610.02136, section 2 (AUPR-In and AUPR-Out).

    Example:
        >>> aupr_out([0, 1], [2, 3])
        1.0
    """
    normal, outlying = _counts(scores_in, scores_out)
    return _average_precision(outlying[::-1], normal[::-1])


def aupr_in(scores_in: ArrayLike, scores_out: ArrayLike) -> float:
    r"""Return the area under the precision-recall curve, in-distribution being positive and found by a low score.

    .. math:: \text{AUPR} = \sum_t (R_t - R_{t-1}) P_t

    over the distinct thresholds t: average precision, without interpolation.

    Args:
        scores_in: [N], scores of the in-distribution images.
        scores_out: [M], scores of the OOD images.

    Returns:
        A fraction; chance is N/(N+M), so compare it only between pairs of equal sizes.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN.

    Reference:
        Hendrycks and Gimpel, 2017, arXiv 1610.02136, section 2 (AUPR-In and AUPR-Out).

    Example:
        >>> aupr_in([0, 1], [2, 3])
        1.0
    """
    normal, outlying = _counts(scores_in, scores_out)
    return _average_precision(normal, outlying)


def fpr95(scores_in: ArrayLike, scores_out: ArrayLike) -> float:
    r"""Return the false-alarm rate at the threshold that finds at least 95 % of the OOD images.

    .. math:: \text{FPR95} = P(s_\text{in} \ge t), \qquad t = \max \{ t : P(s_\text{out} \ge t) \ge 0.95 \}

    Args:
        scores_in: [N], scores of the in-distribution images.
        scores_out: [M], scores of the OOD images.

    Returns:
        The fraction of in-distribution images flagged; 0 is perfect, 0.95 chance. Some papers take in-distribution
        as the positive class instead: their number is another one.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN.

    Reference:
        Liang, Li and Srikant, 2018, arXiv 1706.02690, section 4 (FPR at 95 % TPR).

    Example:
        >>> fpr95([0, 1, 2, 3], [3, 4, 5, 6])
        0.25
    """
    normal, outlying = checked("scores_in", scores_in), np.sort(checked("scores_out", scores_out))
    found = -(-95 * outlying.size // 100)  # ⌈0.95 M⌉ in whole numbers: no rounding can lose an image
    return float(np.mean(normal >= outlying[-found]))


def _counts(scores_in: ArrayLike, scores_out: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Count, at each of the distinct scores from the lowest up, the images in and out of distribution that have it."""
    normal, outlying = checked("scores_in", scores_in), checked("scores_out", scores_out)
    values, ranks = np.unique(np.concatenate([normal, outlying]), return_inverse=True)
    of_normal, of_outlying = np.split(ranks, [normal.size])
    return np.bincount(of_normal, minlength=values.size), np.bincount(of_outlying, minlength=values.size)


def _average_precision(positive: NDArray[np.intp], negative: NDArray[np.intp]) -> float:
    """Sum recall gained times precision, over counts at thresholds in the order in which they are found."""
    hits, found = np.cumsum(positive), np.cumsum(positive + negative)
    return float(np.sum(positive * hits / found) / positive.sum())
