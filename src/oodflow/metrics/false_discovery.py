"""Flagging images of a whole batch so that few of those flagged are false alarms."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError
from oodflow.metrics.checked import checked


def discoveries(p_values: ArrayLike, rate: float) -> NDArray[np.bool_]:
    r"""Tell which images of a batch to flag so that of those flagged at most ``rate`` are false alarms on average.

    .. math:: p_i \le p_{(k)}, \qquad k = \max \{ k : p_{(k)} \le \tfrac{k}{M} \alpha \}

    the procedure of Benjamini and Hochberg; none where there is no such k. How many false alarms there may be so grows
    with how much there is to find, unlike with a threshold, whose false alarms are a share of all that is normal. The
    guarantee, in expectation, holds for independent p-values and for conformal ones of images that are judged by one
    reference (:func:`~oodflow.metrics.conformal_p_values`).

    Args:
        p_values: [M], of all images of the batch.
        rate: α, the share of false alarms among those flagged that is allowed.

    Returns:
        bool [M].

    Raises:
        UsageError: ``rate`` is not between 0 and 1, or a p-value is not within (0, 1].

    Reference:
        Benjamini and Hochberg, Journal of the Royal Statistical Society B 57, 1995, section 3.1; Bates, Candès, Lei,
        Romano, Sesia, "Testing for outliers with conformal p-values", Annals of Statistics 51, 2023, arXiv:2104.08279,
        theorem 2 (conformal p-values).

    Example:
        >>> discoveries([0.01, 0.02, 0.9, 0.045], rate=0.05)
        array([ True,  True, False, False])
    """
    if not 0 < rate < 1:
        raise UsageError(f"rate is {rate}: expected a share between 0 and 1, such as 0.05.")
    values = checked("p_values", p_values)
    if not ((values > 0) & (values <= 1)).all():
        raise UsageError(
            f"p_values lie between {values.min():g} and {values.max():g}: expected more than 0, at most 1."
        )
    ordered = np.sort(values)
    places = np.arange(1, len(ordered) + 1)
    small = np.flatnonzero(ordered <= places / len(ordered) * rate * (1 + 1e-12))  # as whole numbers would compare
    return np.asarray(values <= ordered[small[-1]]) if small.size else np.zeros(len(values), np.bool_)
