"""How sure a mean over images is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oodflow.errors import UsageError

_CHUNK = 2_000_000  # resampled values held at once


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Attributes:
        value: the number.
        low: 2.5 % of the bootstrap replicates are below.
        high: 2.5 % of them are above.
    """

    value: float
    low: float
    high: float


def estimate(
    parts: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda sums: sums[..., 0] / sums[..., 1],
    *,
    seed: int = 0,
    replicates: int = 1000,
) -> Estimate:
    r"""Estimate a function of sums over images, with a percentile bootstrap over the images.

    .. math:: \hat\theta = g\Bigl(\sum_i p_i\Bigr), \qquad
              \theta^* = g\Bigl(\sum_i w_i p_i\Bigr),\ w \sim \text{multinomial}(N)

    Args:
        parts: :math:`p`, what each image adds to the sums, ``[N, sums]``.
        statistic: :math:`g`, from ``[..., sums]`` to ``[...]``; without it, the first sum over the second.
        seed: of the resampling.
        replicates: how many.

    Raises:
        UsageError: there are no images.

    Reference:
        Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13 (percentile intervals).

    Example:
        >>> mean(np.array([1.0, 2.0, 3.0])).value
        2.0
    """
    if parts.ndim != 2 or not len(parts):
        raise UsageError(f"parts is {list(parts.shape)}: expected [N, sums] of at least one image.")
    sums = _resampled_sums(parts, np.random.default_rng(seed), replicates)
    with np.errstate(invalid="ignore", divide="ignore"):  # a replicate of constant images has no R², for one
        value, replicated = statistic(parts.sum(0)), statistic(sums)
    return _with_interval(float(value), replicated[np.isfinite(replicated)])


def mean(values: NDArray[np.float64], *, seed: int = 0) -> Estimate:
    """Estimate the mean of ``values [N]``, without those where there was nothing to measure, which are not a number."""
    values = values[~np.isnan(values)]
    if not values.size:
        return Estimate(np.nan, np.nan, np.nan)
    return estimate(np.stack([values, np.ones_like(values)], 1), seed=seed)


def difference(
    first: NDArray[np.float64], second: NDArray[np.float64], *, seed: int = 0, replicates: int = 1000
) -> Estimate:
    """Estimate the mean of ``second [M]`` less that of ``first [N]``, each resampled by itself.

    Example:
        >>> difference(np.array([1.0, 2.0]), np.array([4.0, 5.0])).value
        3.0
    """
    means = [
        _resampled_sums(values[:, None], generator, replicates)[:, 0] / len(values)
        for values, generator in zip((first, second), np.random.default_rng(seed).spawn(2), strict=True)
    ]
    return _with_interval(float(second.mean() - first.mean()), means[1] - means[0])


def _resampled_sums(parts: NDArray[np.float64], generator: np.random.Generator, replicates: int) -> NDArray[np.float64]:
    """Draw the images anew, ``replicates`` times: what they sum up to then, ``[replicates, sums]``."""
    rows, shares = max(1, _CHUNK // len(parts)), np.full(len(parts), 1 / len(parts))
    starts = range(0, replicates, rows)
    counts = (generator.multinomial(len(parts), shares, size=min(rows, replicates - start)) for start in starts)
    return np.concatenate([count @ parts for count in counts])


def _with_interval(value: float, replicated: NDArray[np.float64]) -> Estimate:
    low, high = np.percentile(replicated, [2.5, 97.5]) if replicated.size else (np.nan, np.nan)
    return Estimate(value, float(low), float(high))
