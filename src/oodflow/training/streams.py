"""What a step of training gets: a part of the training data, and of each other set that its objective names."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oodflow import ranks
from oodflow.data import TrainingBatches
from oodflow.data.batches import EVERYTHING, Batchable

DATA = "data"
"""Name of the part that is training data."""


class Part(NamedTuple):
    """A part of a batch.

    Attributes:
        x: images, uint8 ``[B, C, H, W]``, or real tensors, float ``[B, ...]``.
        noise: in [0, 1), float32 of the same shape; it dequantises images.
    """

    x: Tensor
    noise: Tensor


Batch = Mapping[str, Part]
"""The parts of a step by name, ``data`` among them."""


def stream(rows: Batchable, name: str, batch_size: int, seed: int) -> TrainingBatches:
    """Make the batches of one part: a function of (seed, step), independent of all other parts.

    Each goes through its own set again and again, however long the others are.
    """
    return TrainingBatches(rows, batch_size, stream_seed(seed, name))


def stream_seed(seed: int, name: str) -> int:
    """Derive the seed of a part from that of the training: the same for the training data, a hash for any other.

    Order and noise of a part are drawn from its seed, so they do not depend on what other parts there are.

    Example:
        >>> stream_seed(7, "data"), stream_seed(7, "ood") % 1000, stream_seed(8, "ood") % 1000
        (7, 947, 449)
    """
    if name == DATA:
        return seed
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1  # seeds are below 2^63


def load_batch(
    streams: Mapping[str, TrainingBatches], step: int, device: torch.device, retreats: int = 0
) -> dict[str, Part]:
    """Fetch every part of a step, and draw its noise: another one after each retreat.

    Of several processes each fetches its share of the rows, and draws the noise that these rows have in the whole.
    """
    return {
        name: load_part(batches, step, device, retreats, ranks.share(batches.batch_size))
        for name, batches in streams.items()
    }


def load_part(
    batches: TrainingBatches, step: int, device: torch.device, retreats: int = 0, rows: slice = EVERYTHING
) -> Part:
    """Fetch one part of a step, or some rows of it, and draw its noise."""
    images = _moved(batches.at(step, rows), device)
    return Part(images, training_noise(images, batches.seed, step, retreats, rows.start or 0))


def chunks(rows: Batchable, device: torch.device, at_once: int = 4096) -> Iterator[Tensor]:
    """Go through all rows once, in their order, some at a time."""
    for start in range(0, len(rows), at_once):
        yield _moved(rows.batch(np.arange(start, min(start + at_once, len(rows)))), device)


def training_noise(images: Tensor, seed: int, step: int, retreats: int = 0, first: int = 0) -> Tensor:
    """Draw the dequantisation noise of a step: float32 in [0, 1), a function of (seed, step) and the retreats.

    Args:
        images: whose noise it is.
        seed: of the part.
        step: which.
        retreats: how often training has gone back.
        first: the number in the batch of the first of these images, which have the noise that they have in the whole.
    """
    entropy = (seed, step, 1, retreats) if retreats else (seed, step, 1)
    generator = np.random.default_rng(entropy)
    before = first * images[0].numel() if first else 0
    cast(np.random.PCG64, generator.bit_generator).advance(before // 2)  # it gives two numbers at a time
    numbers = generator.random(before % 2 + images.numel(), dtype=np.float32)[before % 2 :]
    return _moved(numbers.reshape(tuple(images.shape)), images.device)


def _moved(array: NDArray[Any], device: torch.device) -> Tensor:
    tensor = torch.from_numpy(array)
    # From pinned memory a GPU fetches the data by itself, while the CPU goes on.
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
