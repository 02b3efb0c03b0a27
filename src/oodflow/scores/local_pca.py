"""How many dimensions data has around a datum, without a model."""

import numpy as np

from oodflow.errors import UsageError
from oodflow.scores.score import Values

_ANCHORS = 100  # data that are looked around
_NEIGHBOURS = 100
_SHARE = 0.05  # of the largest variance, that a direction counts from


def local_pca_dimension(data: Values) -> float:
    r"""Estimate the mean local dimension: how many principal components the neighbours of a datum have.

    .. math:: d = \frac1A \sum_a \#\{i : \lambda_i(x_a) > 0.05\, \lambda_1(x_a)\}

    with :math:`\lambda_i(x_a)` the variances along the principal components of the 100 nearest neighbours of
    :math:`x_a`, or of all others where there are fewer, for at most 100 data :math:`x_a` spread evenly over the rows.

    Args:
        data: ``[N, D]`` in any unit.

    Returns:
        From 0, of data that are all alike, to D.

    Raises:
        UsageError: there are fewer than three rows.

    Reference:
        Fukunaga and Olsen, 1971, "An algorithm for finding intrinsic dimensionality of data", IEEE Transactions on
        Computers 20.

    Example:
        >>> plane = np.random.default_rng(0).normal(size=(200, 2)) @ np.array([[1.0, 2, 0], [0, 1, 1]])
        >>> local_pca_dimension(plane)
        2.0
    """
    if len(data) < 3:
        raise UsageError(f"the local dimension of {len(data)} rows can't be told: it takes three or more.")
    data = np.asarray(data, np.float64)
    anchors = data[np.unique(np.linspace(0, len(data) - 1, _ANCHORS).round().astype(int))]
    return float(np.mean([_components(_nearest(data, anchor)) for anchor in anchors]))


def _nearest(data: Values, anchor: Values) -> Values:
    """Find the rows nearest to one of them, without the nearest, which is itself."""
    order = np.argsort(((data - anchor) ** 2).sum(1), kind="stable")
    return data[order[1 : _NEIGHBOURS + 1]]


def _components(neighbours: Values) -> int:
    """Count the directions in which they vary."""
    variances = np.linalg.svd(neighbours - neighbours.mean(0), compute_uv=False) ** 2
    return int((variances > _SHARE * variances[0]).sum())
