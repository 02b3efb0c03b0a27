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
    generator = np.random.default_rng(seed)
    rows = max(1, _CHUNK // len(parts))
    sums = [
        generator.multinomial(len(parts), np.full(len(parts), 1 / len(parts)), size=min(rows, replicates - start))
        @ parts
        for start in range(0, replicates, rows)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):  # a replicate of constant images has no R², for one
        value, replicated = statistic(parts.sum(0)), statistic(np.concatenate(sums))
    finite = replicated[np.isfinite(replicated)]
    low, high = np.percentile(finite, [2.5, 97.5]) if finite.size else (np.nan, np.nan)
    return Estimate(float(value), float(low), float(high))


def mean(values: NDArray[np.float64], *, seed: int = 0) -> Estimate:
    """Estimate the mean of ``values [N]``, without those where there was nothing to measure, which are not a number."""
    values = values[~np.isnan(values)]
    if not values.size:
        return Estimate(np.nan, np.nan, np.nan)
    return estimate(np.stack([values, np.ones_like(values)], 1), seed=seed)
