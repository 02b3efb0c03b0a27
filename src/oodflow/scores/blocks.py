"""Numbers of rows, each by itself to the last digit."""

from collections.abc import Callable

import numpy as np

from oodflow.scores.score import Values
from oodflow.statistics import Array

_ROWS = 256


def in_blocks(rows: Array, compute: Callable[[Values], Values]) -> Values:
    """Compute a number of each of ``[N, D]`` in blocks of one size.

    The last is filled up with zeros, for products of matrices of one size alone round all rows alike.

    Args:
        rows: N of them.
        compute: makes ``[n]`` of n rows ``[n, D]`` in float64, each by itself.

    Returns:
        float64 ``[N]``.

    Example:
        >>> in_blocks(np.array([[3.0, -4.0]]), lambda some: some.sum(1))
        array([-1.])
    """
    blocks = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
    return np.concatenate([np.zeros(0), *(_of_block(block, compute) for block in blocks)])


def _of_block(rows: Array, compute: Callable[[Values], Values]) -> Values:
    filled = np.zeros((_ROWS, rows.shape[1]))
    filled[: len(rows)] = rows
    return np.asarray(compute(filled))[: len(rows)]
