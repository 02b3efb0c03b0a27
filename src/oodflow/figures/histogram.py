"""Histograms that several data sets share an axis for, and what that axis leaves out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FAR_OUT = 3.0  # interquartile ranges outside the quartiles: Tukey's outer fence
_MARGIN = 0.03  # of the axis, free at either end


def shared_range(samples: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Return an axis that shows every sample as far as its outer fences, and all of it where that costs nothing.

    ``low = max(min x, min_s Q1_s − 3 IQR_s)`` and ``high = min(max x, max_s Q3_s + 3 IQR_s)``, and 3 % more: only
    values that are far out for their own sample *and* outside of what the others need can be beyond the axis.

    Args:
        samples: each [N], finite.

    Returns:
        The ends of the axis.

    Reference:
        Tukey, *Exploratory Data Analysis*, 1977, section 2D (fences).

    Example:
        >>> low, high = shared_range([np.arange(100.0), np.append(np.arange(100.0), 1e6)])
        >>> round(low), round(high)
        (-7, 232)
    """
    quartiles = np.array([np.percentile(sample, [25, 75]) for sample in samples])
    reach = _FAR_OUT * (quartiles[:, 1] - quartiles[:, 0])
    low = max(min(sample.min() for sample in samples), (quartiles[:, 0] - reach).min())
    high = min(max(sample.max() for sample in samples), (quartiles[:, 1] + reach).max())
    margin = _MARGIN * (high - low) or 0.5  # all values equal: any axis around them will do
    return float(low - margin), float(high + margin)


def step_heights(
    values: NDArray[np.float64], low: float, high: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a histogram of the values on an axis, its highest step 1, from the first occupied step to the last.

    The steps are as wide as Freedman and Diaconis' rule says for these values, ``2 IQR / N^⅓``, within what an eye can
    tell apart on the axis.

    Args:
        values: [N].
        low: where the axis begins.
        high: where it ends.

    Returns:
        Heights [B] and edges [B + 1].

    Reference:
        Freedman and Diaconis, 1981, "On the histogram as a density estimator".

    Example:
        >>> heights, edges = step_heights(np.array([1.0, 1.0, 3.0]), 0.0, 4.0)
        >>> float(heights[0]), float(heights[-1]), float(edges[0]), float(edges[-1])
        (1.0, 0.5, 1.0, 3.25)
    """
    quarter, three_quarters = np.percentile(values, [25, 75])
    width = 2 * (three_quarters - quarter) / np.cbrt(values.size)
    steps = int(np.clip((high - low) / max(width, 1e-12), 16, 150))
    counts, edges = np.histogram(values, bins=steps, range=(low, high))
    occupied = np.flatnonzero(counts)
    if not occupied.size:
        return np.empty(0), edges[:1]
    first, last = occupied[0], occupied[-1] + 1
    return counts[first:last] / counts.max(), edges[first : last + 1]


def beyond(values: NDArray[np.float64], low: float, high: float) -> tuple[str, str]:
    """Say in words how many values an axis leaves out at its lower and its upper end; empty words where none.

    Example:
        >>> beyond(np.array([-7.0, 1.0, 2.0]), 0.0, 4.0)
        ('← 1 of 3 beyond the axis', '')
    """
    under, over = np.count_nonzero(values < low), np.count_nonzero(values > high)
    return (
        f"← {under:,} of {values.size:,} beyond the axis" if under else "",
        f"{over:,} of {values.size:,} beyond the axis →" if over else "",
    )
