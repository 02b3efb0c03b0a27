"""From 8-bit pixels to continuous ones, and the noise that it takes."""

import hashlib

import numpy as np
import torch
from torch import Tensor


def dequantise(images: Tensor, noise: Tensor) -> Tensor:
    r"""Spread each 8-bit pixel over its cell: :math:`v = (x + u) / 256`.

    The density of :math:`v` on :math:`[0, 1)` bounds the probability of the integer image:
    :math:`\log P(x) \ge E_u \log p(v) - D \log 256`. The constant belongs to ``Flow.log_prob``.

    Args:
        images: :math:`x`, uint8 ``[B, C, H, W]``.
        noise: :math:`u` in [0, 1), of the same shape; its dtype is the result's.

    Reference:
        Theis, van den Oord, Bethge (2016), "A note on the evaluation of generative models", section 3.1,
        arXiv:1511.01844.
    """
    return (images.to(noise.dtype) + noise) / 256


def quantise(values: Tensor) -> Tensor:
    """Undo :func:`dequantise`: the uint8 image in whose cell ``values`` lie; values off the scale are clipped.

    Noise of 0 puts a value on the edge of its cell, where rounding decides. Float32 noise comes in steps of 2⁻²⁴, so
    half a step of tolerance takes such values in and keeps those just below the next cell out.
    """
    return (values * 256 + 2.0**-25).floor().clamp(0, 255).to(torch.uint8)


def image_noise(images: np.ndarray, seed: int, draw: int = 0) -> np.ndarray:
    """Draw the evaluation noise of each image: a pure function of (seed, draw, the image's pixels).

    So a score depends neither on the batch an image came in nor on its place in the set nor on what ran before; the
    same picture in two sets gets the same noise.

    Args:
        images: uint8 ``[B, C, H, W]``.
        seed: the evaluation's seed.
        draw: which of several draws.

    Returns:
        float32 ``[B, C, H, W]`` in [0, 1).

    Example:
        >>> two = np.random.default_rng(0).integers(0, 256, (2, 1, 4, 4), dtype=np.uint8)
        >>> bool((image_noise(two, seed=3)[1] == image_noise(two[1:], seed=3)[0]).all())
        True
    """
    noise = np.empty(images.shape, dtype=np.float32)
    salt = f"{seed}/{draw}".encode()
    for image, out in zip(images, noise, strict=True):
        key = hashlib.blake2b(image.tobytes(), digest_size=16, key=salt).digest()
        generator = np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))
        generator.random(out=out, dtype=np.float32)
    return noise
