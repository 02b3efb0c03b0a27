"""What every ranking metric asks of the scores it is given."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError


def checked(name: str, scores: ArrayLike) -> NDArray[np.float64]:
    """Return the scores as float64 [N]; refuse what cannot be ranked.

    ±inf is allowed: it has a place in the order (an image of probability zero is simply the most surprising).

    Args:
        name: the argument that the scores came in, for the message.
        scores: [N], one per image.

    Raises:
        UsageError: the scores are no numbers, they are not one-dimensional, there are none, or some are NaN.

    Example:
        >>> checked("scores_in", [1, 2])
        array([1., 2.])
    """
    try:
        values = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} is a {type(scores).__name__} of no numbers: expected [N], one score each.") from error
    if values.ndim != 1:
        raise UsageError(f"{name} has shape {values.shape}: expected [N], one score per image.")
    if values.size == 0:
        raise UsageError(f"{name} is empty: a ranking needs at least one score on either side.")
    bad = np.flatnonzero(np.isnan(values))
    if bad.size:
        raise UsageError(
            f"{name} holds {bad.size:,} NaN among {values.size:,} scores, the first at index {bad[0]}: "
            "NaN has no place in a ranking; find out why the score is undefined there."
        )
    return values
