"""Where a value lies among those of held-out in-distribution data."""

import numpy as np

from oodflow.scores.score import Values


def p_values(values: Values, reference: Values) -> Values:
    r"""Tell how many of the reference are at least as far out, :math:`(1 + \#\{s_n \ge s\}) / (1 + N)`.

    Args:
        values: of the images to judge, ``[M]``.
        reference: of N images in distribution, sorted.

    Reference:
        Vovk, Gammerman, Shafer, *Algorithmic Learning in a Random World*, 2005, section 2.2 (conformal p-values).

    Example:
        >>> p_values(np.array([0.0, 2.0, 9.0]), np.array([1.0, 2.0, 3.0]))
        array([1.  , 0.75, 0.25])
    """
    at_least = len(reference) - np.searchsorted(reference, values, side="left")
    return np.asarray((1 + at_least) / (1 + len(reference)))


def ranks(values: Values, reference: Values) -> Values:
    r"""Tell which share of the reference is less far out, :math:`1 - p`, from 0 to 1.

    Beyond the largest of the reference, where shares end, the rank goes on growing towards 1, by how far beyond in
    units of that from its median to its largest: what is farther out is never tied.

    Example:
        >>> ranks(np.array([0.0, 2.0, 3.5, 9.0]), np.array([1.0, 2.0, 3.0]))
        array([0.        , 0.25      , 0.83333333, 0.96428571])
    """
    largest = reference[-1]
    spread = max(largest - np.median(reference), np.finfo(np.float64).tiny)
    beyond = np.maximum(values - largest, 0) / spread
    return np.asarray(1 - p_values(values, reference) / (1 + beyond))
