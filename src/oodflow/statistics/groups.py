"""Images that are judged together."""

import numpy as np
from numpy.typing import NDArray

from oodflow.data import DataSet


def deal(images: int, group: int, seed: int) -> NDArray[np.intp]:
    """Deal images into groups at random: ``[images // group, group]`` indices, all different.

    Example:
        >>> deal(7, 3, seed=0).shape
        (2, 3)
    """
    count = images // group
    return np.random.default_rng(seed).permutation(images)[: count * group].reshape(count, group)


def too_few(data: DataSet, group: int) -> str | None:
    """Say that the data does not fill a group; none: it does."""
    if len(data) >= group:
        return None
    return f"it judges groups of {group} images, and {data.name} has {len(data):,}: take more images or smaller groups"
