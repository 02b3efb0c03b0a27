"""Embeddings without their length: it tells how much there is in an image rather than what."""

from collections.abc import Callable

import numpy as np

from oodflow.scores.blocks import in_blocks
from oodflow.scores.score import Values
from oodflow.statistics import Array


def unit_length(embeddings: Array) -> Values:
    """Bring each of ``[N, D]`` to unit length, in float64; one that is all zeros stays so.

    Example:
        >>> unit_length(np.array([[3, -4], [0, 0]], np.float32)).tolist()
        [[0.6, -0.8], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(embeddings.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(embeddings / np.where(lengths == 0, 1, lengths))


def of_directions(embeddings: Array, compute: Callable[[Values], Values]) -> Values:
    """Compute a number of each of ``[N, D]``, brought to unit length; see :func:`~oodflow.scores.blocks.in_blocks`.

    Example:
        >>> of_directions(np.array([[3.0, -4.0]]), lambda directions: directions.sum(1)).round(6)
        array([-0.2])
    """
    return in_blocks(embeddings, lambda some: compute(unit_length(some)))
