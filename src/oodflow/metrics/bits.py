"""Between nats per image, in which a flow speaks, and bits per dimension, in which papers compare flows."""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from oodflow.errors import UsageError

Values = TypeVar("Values", float, NDArray[np.float64])


def bits_per_dim(log_prob: Values, dims: int) -> Values:
    r"""Return the code length that a log-probability stands for, per dimension.

    .. math:: \text{bits/dim} = -\log p(x) / (D \log 2)

    Args:
        log_prob: log p(x) in nats per image, a number or an array of any shape.
        dims: D = C·H·W, how many dimensions an image has.

    Returns:
        Bits per dimension, of the shape of ``log_prob``; lower = the flow finds the image more likely.

    Raises:
        UsageError: ``dims`` is not positive.

    Example:
        >>> round(bits_per_dim(-2140.8, dims=1 * 28 * 28), 3)
        3.939
    """
    return -log_prob / _nats_per_bit_per_dim(dims)


def nats_per_image(bits: Values, dims: int) -> Values:
    r"""Return the log-probability that a code length per dimension stands for: the inverse of ``bits_per_dim``.

    .. math:: \log p(x) = -\text{bits/dim} \cdot D \log 2

    Args:
        bits: bits per dimension, a number or an array of any shape.
        dims: D = C·H·W, how many dimensions an image has.

    Returns:
        log p(x) in nats per image, of the shape of ``bits``.

    Raises:
        UsageError: ``dims`` is not positive.

    Example:
        >>> round(nats_per_image(8.0, dims=1), 3)  # one uniform byte: −ln 256
        -5.545
    """
    return -bits * _nats_per_bit_per_dim(dims)


def _nats_per_bit_per_dim(dims: int) -> float:
    if dims < 1:
        raise UsageError(f"dims is {dims}: expected C·H·W of the images, a positive number.")
    return dims * math.log(2)
