"""How near the nearest of some embeddings come to others, by their directions."""

import numpy as np

from oodflow.scores.score import Values
from oodflow.scores.unit_length import of_directions
from oodflow.statistics import Array


def neighbour_cosines(embeddings: Array, directions: Values, k: int) -> Values:
    """Find the cosine between each embedding and the k-th nearest of some directions.

    Args:
        embeddings: of any length, ``[N, D]``.
        directions: of unit length, ``[M, D]``.
        k: which neighbour, from 1 to M.

    Returns:
        float64 ``[N]``, from −1 to 1 but for rounding; of an embedding that is all zeros 0.

    Example:
        >>> directions = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
        >>> neighbour_cosines(np.array([[2.0, 0.0]]), directions, k=2)
        array([0.8])
    """
    return of_directions(embeddings, lambda some: np.partition(some @ directions.T, -k, axis=1)[:, -k])
