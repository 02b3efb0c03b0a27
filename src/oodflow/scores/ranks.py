"""Where a value lies among those of held-out in-distribution data."""

import numpy as np

from oodflow.metrics import conformal_p_values
from oodflow.scores.score import Values


def ranks(values: Values, reference: Values, *, step: float = 0.0) -> Values:
    r"""Tell which share of the reference is less far out: one less the conformal p-value, from 0 to 1.

    Beyond the largest of the reference, where shares end, the rank goes on growing towards 1, by how far beyond in
    units of that from its median to its largest: what is farther out is never tied.

    Args:
        values: of the images to judge, ``[M]``.
        reference: of N images in distribution, sorted.
        step: by which values differ at least that differ, such as 1 of counts; the unit is no smaller.

    Example:
        >>> ranks(np.array([0.0, 2.0, 3.5, 9.0]), np.array([1.0, 2.0, 3.0]))
        array([0.        , 0.25      , 0.83333333, 0.96428571])
    """
    largest = reference[-1]
    spread = max(largest - np.median(reference), step, np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):  # of a reference that is all alike: whatever lies beyond is all the way out
        beyond = np.maximum(values - largest, 0) / spread
    return np.asarray(1 - conformal_p_values(reference, values) / (1 + beyond))
