"""Batches of images: shuffled for training, in order for scoring."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from oodflow.data.image_set import Images, ImageSet, Rows
from oodflow.errors import UsageError

EVERYTHING = slice(None)


class Batchable(Protocol):
    """What batches can be taken from: an :class:`~oodflow.data.ImageSet`, or anything else with rows."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def unit(self) -> str:
        """What its rows are called, ``images`` or ``rows``."""

    def __len__(self) -> int: ...

    def batch(self, indices: npt.ArrayLike) -> npt.NDArray[Any]:
        """Rows number ``indices``."""


class TrainingBatches:
    """Shuffled batches as a pure function of ``(seed, step)``, so that a resumed run sees exactly the same ones.

    Epoch e goes through the images in the order ``default_rng((seed, e)).permutation(N)``; images that do not fill a
    last batch are left out of that epoch.

    Args:
        image_set: the images or other rows, N of them.
        batch_size: images in every batch, at most N.
        seed: a number from 0.

    Example:
        >>> images = ImageSet.from_array(np.zeros((10, 1, 2, 2), np.uint8))
        >>> batches = TrainingBatches(images, batch_size=4, seed=0)
        >>> batches.steps_per_epoch, batches.at(5).shape
        (2, (4, 1, 2, 2))
    """

    def __init__(self, image_set: Batchable, batch_size: int, seed: int) -> None:
        _require_batch_size(batch_size)
        if batch_size > len(image_set):
            raise UsageError(
                f"batch_size {batch_size} is more than the {len(image_set)} {image_set.unit} of {image_set.name}: "
                f"use at most {len(image_set)}."
            )
        if seed < 0:
            raise UsageError(f"seed must be 0 or more, but {seed} came.")
        self.image_set = image_set
        self.batch_size = batch_size
        self.seed = seed
        self.steps_per_epoch = len(image_set) // batch_size
        self._order: tuple[int, Rows] = (0, self._draw(0))  # of one epoch only

    def at(self, step: int, part: slice = EVERYTHING) -> npt.NDArray[Any]:
        """Batch number ``step``, counted from 0 through all epochs: of images uint8 ``[batch_size,C,H,W]``.

        Args:
            step: which.
            part: of the batch's rows, if not all are wanted.
        """
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._order[0]:
            self._order = epoch, self._draw(epoch)
        start = position * self.batch_size
        return self.image_set.batch(self._order[1][start : start + self.batch_size][part])

    def _draw(self, epoch: int) -> Rows:
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.image_set))


def in_order(image_set: ImageSet, batch_size: int) -> Iterator[Images]:
    """Walk through all images in their order; the last batch may be smaller.

    Example:
        >>> [len(batch) for batch in in_order(ImageSet.from_array(np.zeros((5, 1, 2, 2), np.uint8)), 2)]
        [2, 2, 1]
    """
    _require_batch_size(batch_size)
    return (image_set.batch(slice(start, start + batch_size)) for start in range(0, len(image_set), batch_size))


def _require_batch_size(batch_size: int) -> None:
    if batch_size < 1:
        raise UsageError(f"batch_size must be at least 1, but {batch_size} came.")
