"""P-values and thresholds whose false-alarm rate is guaranteed, whatever the score."""

from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError
from oodflow.metrics.checked import checked


def conformal_p_values(reference: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    r"""Tell how unusual scores are among those of held-out in-distribution images.

    .. math:: p(s) = \frac{1 + \#\{n : s_n \ge s\}}{1 + N}

    A new in-distribution image has :math:`p \le \alpha` with a probability of at most :math:`\alpha`; as
    :func:`conformal_threshold`.

    Args:
        reference: [N], scores of held-out in-distribution images.
        scores: [M], of the images to judge.

    Returns:
        [M], from 1/(1 + N) to 1.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN.

    Reference:
        Vovk, Gammerman, Shafer, *Algorithmic Learning in a Random World*, 2005, section 2.2.

    Example:
        >>> conformal_p_values([1.0, 2.0, 3.0], [0.0, 2.0, 9.0])
        array([1.  , 0.75, 0.25])
    """
    ordered = np.sort(checked("reference", reference))
    at_least = len(ordered) - np.searchsorted(ordered, checked("scores", scores), side="left")
    return np.asarray((1 + at_least) / (1 + len(ordered)))


def conformal_threshold(reference: ArrayLike, fpr: float) -> float:
    r"""Return the threshold above which a new in-distribution image lies with a probability of at most ``fpr``.

    .. math:: t = s_{(N - k)}, \qquad k = \lfloor \alpha (N + 1) \rfloor - 1

    with :math:`s_{(1)} \le \dots \le s_{(N)}` the scores of the reference: what lies above t has a conformal p-value of
    at most :math:`\alpha`. The guarantee is finite-sample and free of distributions; it is over the draw of the
    reference as well as of the image, and holds for images that are exchangeable with the reference: drawn as it was,
    and as unknown to the flow and to the score.

    Args:
        reference: [N], scores of held-out in-distribution images.
        fpr: α, the false-alarm rate that is allowed.

    Raises:
        UsageError: ``fpr`` is not between 0 and 1, there are too few images for it, or the scores hold NaN.

    Reference:
        Vovk, Gammerman, Shafer, *Algorithmic Learning in a Random World*, 2005, section 2.2; Laxhammar and Falkman,
        2010, "Conformal prediction for distribution-independent anomaly detection in streaming vessel data".

    Example:
        >>> conformal_threshold(np.arange(19.0), fpr=0.1)
        17.0
    """
    if not isinstance(fpr, float | int | np.number) or not 0 < fpr < 1:
        raise UsageError(f"fpr is {fpr!r}: expected a rate between 0 and 1, such as 0.05.")
    scores = np.sort(checked("reference", reference))
    beyond = floor(fpr * (len(scores) + 1) * (1 + 1e-12)) - 1  # 0.05 · 20 is to be one, not a little less
    if beyond < 0:
        raise UsageError(
            f"{len(scores)} held-out scores can't promise {100 * fpr:g} % false alarms: "
            f"it takes {ceil(1 / fpr) - 1} or more, or an fpr from {ceil(1e4 / (len(scores) + 1)) / 1e4:g} on."
        )
    return float(scores[len(scores) - 1 - beyond])
