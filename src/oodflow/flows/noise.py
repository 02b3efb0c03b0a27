"""Randomness, passed by whoever asks: seeds, and the noise that belongs to a seed and an image."""

import hashlib
import operator
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from oodflow.errors import UsageError

Seed = int | torch.Generator
"""What everything random takes as ``seed``: a number, which always gives the same, or a generator, which moves on."""


def generator_of(seed: Seed) -> torch.Generator:
    """Return the generator that ``seed`` is, or a new one on the CPU that starts from it.

    Raises:
        UsageError: for anything but a whole number or a generator.

    Example:
        >>> torch.equal(torch.rand(3, generator=generator_of(7)), torch.rand(3, generator=generator_of(7)))
        True
    """
    if isinstance(seed, torch.Generator):
        return seed
    return torch.Generator().manual_seed(_whole(seed))


def noise_of(images: Tensor, seed: Seed) -> Tensor:
    """Draw dequantisation noise for images: float32 in [0, 1), whatever the flow's dtype.

    Args:
        images: uint8 ``[B, C, H, W]``.
        seed: a number gives each image its evaluation noise, :func:`image_noise` of draw 0, so that what comes out
            depends on no other image of the batch; a generator is drawn from, on its own device.
    """
    if isinstance(seed, torch.Generator):
        return torch.rand(images.shape, generator=seed, device=seed.device, dtype=torch.float32)
    noise: Tensor = _image_noise(images, str(_whole(seed)))
    return noise


@torch.library.custom_op("oodflow::image_noise", mutates_args=())
def _image_noise(images: Tensor, seed: str) -> Tensor:
    """Draw :func:`image_noise` as an operator of PyTorch's, which need not look at pixels to trace and batch it."""
    return torch.from_numpy(image_noise(images.cpu().numpy(), int(seed))).to(images.device)


@_image_noise.register_fake
def _noise_without_pixels(images: Tensor, seed: str) -> Tensor:
    return torch.empty_like(images, dtype=torch.float32, memory_format=torch.contiguous_format)


@_image_noise.register_vmap
def _noise_of_batches(info: object, dims: tuple[int | None, None], images: Tensor, seed: str) -> tuple[Tensor, int]:
    batches = images.movedim(dims[0] or 0, 0)
    return _image_noise(batches.flatten(0, 1), seed).reshape(batches.shape), 0


def require_uniform(noise: Tensor) -> None:
    """Refuse dequantisation noise outside of [0, 1) with a ``UsageError``, wherever its numbers can be looked at."""
    tracing = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[no-untyped-call,attr-defined]
    if tracing or noise.is_meta or not noise.numel():
        return
    try:
        low, high = (float(one.double().cpu().numpy()) for one in torch.aminmax(noise.detach()))
    except RuntimeError:  # under vmap, and of tensors that only pretend
        return
    if not (low >= 0 and high < 1):
        raise UsageError(f"noise must be in [0, 1) but goes from {low:.6g} to {high:.6g}: torch.rand draws such.")


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
    for generator, out in zip(image_generators(images, seed, draw), noise, strict=True):
        generator.random(out=out, dtype=np.float32)
    return noise


def image_generators(data: np.ndarray, seed: int, draw: int = 0, purpose: str = "") -> Iterator[np.random.Generator]:
    """Give each image or vector a generator of its own: a pure function of (seed, draw, purpose, the image's numbers).

    Args:
        data: of any type, ``[B, ...]``.
        seed: the evaluation's seed.
        draw: which of several draws.
        purpose: what the randomness is for: other purposes have other randomness. None is for dequantisation.

    Example:
        >>> two = np.arange(6.0).reshape(2, 3)
        >>> first, second = image_generators(two, seed=3, purpose="probes")
        >>> (alone,) = image_generators(two[1:], seed=3, purpose="probes")
        >>> bool(second.random() == alone.random())
        True
    """
    salt = "/".join([str(seed), str(draw), *filter(None, [purpose])]).encode()
    for one in data:
        key = hashlib.blake2b(one.tobytes(), digest_size=16, key=salt).digest()
        yield np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


def standard_normals(n: int, dims: int, seed: Seed) -> Tensor:
    """Draw standard normals ``[n, dims]``, on the generator's device; the first rows do not depend on ``n``."""
    generator = generator_of(seed)
    out = torch.empty(n, dims, device=generator.device, dtype=torch.float32)
    for row in out:
        torch.randn(dims, generator=generator, out=row)
    return out


def _whole(seed: object) -> int:
    try:
        number = operator.index(seed)  # type: ignore[arg-type]
    except TypeError as error:
        raise UsageError(f"seed is {seed!r}: expected a whole number or a torch.Generator.") from error
    if not -(2**63) <= number < 2**64:
        raise UsageError(f"seed is {seed!r}: expected a whole number of 64 bits, or a torch.Generator.")
    return number
