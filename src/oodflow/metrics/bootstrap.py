"""How sure an AUROC is, given how few images it was measured on."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oodflow.errors import UsageError
from oodflow.metrics.checked import checked

LEAST = 10
"""Images on a side: of fewer, resampling knows too little of what others would be like."""

_CHUNK = 2_000_000  # resampled scores held at once: some tens of MB


def bootstrap_auroc(
    scores_in: ArrayLike, scores_out: ArrayLike, *, seed: int = 0, replicates: int = 1000
) -> NDArray[np.float64]:
    r"""Return the AUROC of resampled data: both sides drawn anew with replacement, each to its own size.

    With multiplicities w_i of the in-distribution scores and v_j of the OOD scores (multinomial, Σw = N, Σv = M),

    .. math:: \text{AUROC}^* = \frac{1}{NM} \sum_j v_j
              \Bigl( \sum_{i: s_i < s_j} w_i + \tfrac12 \sum_{i: s_i = s_j} w_i \Bigr)

    so one sort serves all replicates: the inner sums are differences of the cumulated w.

    Args:
        scores_in: [N], scores of the in-distribution images, higher = more OOD.
        scores_out: [M], scores of the OOD images.
        seed: of the resampling; the same seed gives the same replicates.
        replicates: how many to return.

    Returns:
        float64 [replicates], fractions.

    Raises:
        UsageError: a side is empty, not one-dimensional or holds NaN; ``replicates`` is not positive.

    Reference:
        Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 8 (two-sample problems).

    Example:
        >>> bootstrap_auroc([0, 1, 2], [3, 4], replicates=3)
        array([1., 1., 1.])
    """
    if replicates < 1:
        raise UsageError(f"replicates is {replicates}: expected a positive number, 1000 for a 95 % interval.")
    normal, outlying = np.sort(checked("scores_in", scores_in)), checked("scores_out", scores_out)
    below = np.searchsorted(normal, outlying, side="left")
    up_to = np.searchsorted(normal, outlying, side="right")
    # One generator a side: the replicates then do not depend on how they are cut into chunks.
    draw_in, draw_out = np.random.default_rng(seed).spawn(2)

    rows = max(1, _CHUNK // (normal.size + outlying.size))
    areas = np.empty(replicates)
    for start in range(0, replicates, rows):
        chunk = areas[start : start + rows]
        cumulated = np.cumsum(_multiplicities(draw_in, chunk.size, normal.size), axis=1)
        cumulated = np.pad(cumulated, ((0, 0), (1, 0)))
        wins = (cumulated[:, below] + cumulated[:, up_to]) / 2
        chunk[:] = np.einsum("rj,rj->r", wins, _multiplicities(draw_out, chunk.size, outlying.size))
    return areas / (normal.size * outlying.size)


def _multiplicities(generator: np.random.Generator, rows: int, size: int) -> NDArray[np.intp]:
    """Draw ``size`` of ``size`` items with replacement, ``rows`` times: how often each was drawn, [rows, size]."""
    drawn = generator.integers(size, size=(rows, size))
    drawn += np.arange(rows)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)
