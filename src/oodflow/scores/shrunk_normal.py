"""A normal distribution fitted to vectors that may be fewer than their numbers."""

import numpy as np

from oodflow.scores.score import Values


def shrunk_normal(x: Values) -> tuple[Values, Values]:
    r"""Fit mean and covariance to ``[N, D]``, from two vectors on; the covariance is shrunk as Ledoit and Wolf tell.

    .. math:: \Sigma = (1 - \lambda) S + \lambda \tfrac{\operatorname{tr} S}{D} I

    Along no axis is its standard deviation less than 10⁻⁶.

    Returns:
        The mean ``[D]``, and a matrix W ``[D, D]`` for which (x − mean) W has the covariance I under Σ.

    Reference:
        Ledoit and Wolf, 2004, "A well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate
        Analysis 88.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(5000, 2)) * [1.0, 10.0]
        >>> mean, whitening = shrunk_normal(x)
        >>> ((x - mean) @ whitening).std(0).round(1)
        array([1., 1.])
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    mean = x.mean(0)
    centred = x - mean
    shrinkage = ledoit_wolf_shrinkage(centred, assume_centered=True)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    shrunk = (1 - shrinkage) * variances + shrinkage * variances.mean()
    return mean, np.asarray(axes / np.sqrt(np.maximum(shrunk, 1e-12)))
