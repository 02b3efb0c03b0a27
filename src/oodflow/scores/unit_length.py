"""Embeddings without their length: it tells how much there is in an image rather than what."""

import numpy as np

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
