"""What two scores could do together if their thresholds were chosen by the labels."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError
from oodflow.metrics.checked import checked


def optimistic_auroc(scores_in: ArrayLike, scores_out: ArrayLike) -> float:
    r"""Return the area under the envelope of all pairs of thresholds on two scores: **it looks at the labels**.

    .. math:: \frac1N \sum_{k=0}^{N-1} \max \Bigl\{ P(s_\text{out} > a \text{ or } t_\text{out} > b) :
              \#\{s_\text{in} > a \text{ or } t_\text{in} > b\} \le k \Bigr\}

    The best pair (a, b) for each number of false alarms is found with the OOD images that it is then judged by, so this
    is no detector's AUROC: nobody who does not know them already can choose so. It is what work on two scores reports
    at times, and an upper bound of what one threshold on each can make of them. It is never below the AUROC of a score
    without ties, even where the other score is noise; ties count for nothing.

    Args:
        scores_in: [N, 2], two scores of the in-distribution images, higher = more OOD.
        scores_out: [M, 2], those of the OOD images.

    Returns:
        A fraction; chance is above ½, the more so the fewer images there are.

    Raises:
        UsageError: a side is empty, not ``[N, 2]`` or holds NaN.

    Reference:
        Kamkari, Ross, Hosseinzadeh, Cresswell, Loaiza-Ganem, 2024, arXiv 2403.18910 (whose evaluation of likelihood
        and local dimension is of this kind).

    Example:
        >>> optimistic_auroc([[0, 2], [2, 0]], [[3, 0], [0, 3]])  # each score finds one, by its own threshold
        1.0
    """
    (s_in, t_in), (s_out, t_out) = _pair("scores_in", scores_in), _pair("scores_out", scores_out)
    found = np.zeros(s_in.size + 1, np.intp)
    for a in np.unique(s_in):
        left_in, left_out = t_in[s_in <= a], t_out[s_out <= a]
        alarms = s_in.size - np.searchsorted(left_in, left_in, side="right")
        missed = np.searchsorted(left_out, left_in, side="right")
        np.maximum.at(found, alarms, s_out.size - missed)
    best = np.maximum.accumulate(found)[:-1]
    return float(best.sum() / (s_in.size * s_out.size))


def _pair(name: str, scores: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take two scores apart, in the order of the second; refuse what cannot be ranked."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != 2:
        raise UsageError(f"{name} has shape {values.shape}: expected [N, 2], two scores per image.")
    first, second = checked(name, values[:, 0]), checked(name, values[:, 1])
    order = np.argsort(second)
    return first[order], second[order]
