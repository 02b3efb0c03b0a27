"""How sure a mean over images is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oodflow.errors import UsageError

_CHUNK = 2_000_000  # resampled values held at once

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]


def ratio(sums: Floats) -> Floats:
    """Divide the first sum by the second: a mean, where these are the values' sum and their number."""
    return np.asarray(sums[..., 0] / sums[..., 1])


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Attributes:
        value: the number.
        low: where the interval begins; of a bootstrap, 2.5 % of the replicates are below.
        high: where it ends.
    """

    value: float
    low: float
    high: float


def estimate(parts: Floats, statistic: Statistic = ratio, *, seed: int = 0, replicates: int = 1000) -> Estimate:
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


def mean(values: Floats, *, seed: int = 0) -> Estimate:
    """Estimate the mean of ``values [N]``, without those where there was nothing to measure, which are not a number."""
    values = values[~np.isnan(values)]
    if not values.size:
        return Estimate(np.nan, np.nan, np.nan)
    return estimate(np.stack([values, np.ones_like(values)], 1), seed=seed)


def difference(
    first: Floats,
    second: Floats,
    statistic: Statistic = ratio,
    *,
    paired: bool = False,
    seed: int = 0,
    replicates: int = 1000,
) -> Estimate:
    r"""Estimate by how much a function of sums is larger for ``second`` than for ``first``.

    .. math:: \hat\theta = g\Bigl(\sum_j q_j\Bigr) - g\Bigl(\sum_i p_i\Bigr)

    Paired, both were measured on the same images, and each replicate draws these anew once, for both: what an image
    adds to both sides cancels. Otherwise each side is drawn by itself, which for the same images would give an interval
    that is too wide, or too narrow where one side is large because the other is small.

    Args:
        first: :math:`p`, values ``[N]``, to compare their means, or what each image adds to the sums ``[N, sums]``.
            What is not a number was not measured: the image is left out, of both sides if they are paired.
        second: :math:`q`, the same of ``M`` images; paired: of the same, in the same order.
        statistic: :math:`g`, from ``[..., sums]`` to ``[...]``; without it, the first sum over the second.
        paired: whether the images are the same.
        seed: of the resampling.
        replicates: how many.

    Returns:
        The difference; not a number where nothing was measured.

    Raises:
        UsageError: paired sides differ in number, or have no images.

    Reference:
        Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 8 (two samples; paired data is one).

    Example:
        >>> both = np.array([1.0, 2.0]), np.array([4.0, 5.0])
        >>> difference(*both).value, difference(*both, paired=True)
        (3.0, Estimate(value=3.0, low=3.0, high=3.0))
    """
    sides = [_as_parts(values) for values in (first, second)]
    known = [~np.isnan(side).any(1) for side in sides]
    if paired:
        if len(first) != len(second):
            raise UsageError(f"there are {len(first)} and {len(second)} images: paired, they must be the same.")
        known = [known[0] & known[1]] * 2
    sides = [side[which] for side, which in zip(sides, known, strict=True)]
    if not all(map(len, sides)):
        return Estimate(np.nan, np.nan, np.nan)
    if paired:
        cut = sides[0].shape[1]

        def gain(sums: Floats) -> Floats:
            return statistic(sums[..., cut:]) - statistic(sums[..., :cut])

        return estimate(np.concatenate(sides, 1), gain, seed=seed, replicates=replicates)
    draws = np.random.default_rng(seed).spawn(2)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = [float(statistic(side.sum(0))) for side in sides]
        replicated = [
            statistic(_resampled_sums(side, draw, replicates)) for side, draw in zip(sides, draws, strict=True)
        ]
    gains = replicated[1] - replicated[0]
    return _with_interval(values[1] - values[0], gains[np.isfinite(gains)])


def _as_parts(values: Floats) -> Floats:
    """Let values ``[N]`` be their sum and number, whose ratio is the mean."""
    return np.stack([values, np.ones_like(values)], 1) if values.ndim == 1 else values


def _resampled_sums(parts: Floats, generator: np.random.Generator, replicates: int) -> Floats:
    """Draw the images anew, ``replicates`` times: what they sum up to then, ``[replicates, sums]``."""
    rows, shares = max(1, _CHUNK // len(parts)), np.full(len(parts), 1 / len(parts))
    starts = range(0, replicates, rows)
    counts = (generator.multinomial(len(parts), shares, size=min(rows, replicates - start)) for start in starts)
    return np.concatenate([count @ parts for count in counts])


def _with_interval(value: float, replicated: Floats) -> Estimate:
    low, high = np.percentile(replicated, [2.5, 97.5]) if replicated.size else (np.nan, np.nan)
    return Estimate(value, float(low), float(high))
