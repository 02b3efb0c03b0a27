"""Between 8-bit pixels and their cells in [0, 1]."""

import torch
from torch import Tensor


def dequantise(images: Tensor, u: Tensor) -> Tensor:
    r"""Put each 8-bit pixel into its cell: :math:`v = (x + u) / 256`.

    Args:
        images: :math:`x`, uint8 ``[B, C, H, W]``.
        u: where in the cell, in [0, 1), of the same shape; its dtype is the result's.
    """
    return (images.to(u.dtype) + u) / 256


def quantise(values: Tensor) -> Tensor:
    """Undo :func:`dequantise`: the uint8 image in whose cell ``values`` lie; values off the scale are clipped.

    Noise of 0 puts a value on the edge of its cell, where rounding decides. Float32 noise comes in steps of 2⁻²⁴, so
    half a step of tolerance takes such values in and keeps those just below the next cell out.
    """
    return (values * 256 + 2.0**-25).floor().clamp(0, 255).to(torch.uint8)
