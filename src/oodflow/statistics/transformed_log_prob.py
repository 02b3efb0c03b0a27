"""How likely an image is when it has been turned, or its parts have changed places."""

from itertools import permutations
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.flows import image_noise
from oodflow.gradients import inference
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic

Move = Literal["stirring", "shaking"]
Images = NDArray[np.uint8]


class TransformedLogProb(Statistic):
    r"""Log-probability of an image after each of several changes of place, ``[N, K]`` in nats.

    .. math:: \log p(T_k x), \qquad k = 1, \dots, K

    Each image that comes of it is dequantised as any other image.

    Attributes:
        move: ``stirring`` turns and mirrors the image, in all seven ways of a square, or the three of a rectangle;
            ``shaking`` cuts it into two by two patches and puts none of them where it was, in all nine ways.

    Reference:
        Umapathi et al. (2023), IJCAI, arXiv:2208.13579: stirring and shaking, for PixelCNN++.
    """

    kind: Literal["transformed_log_prob"] = "transformed_log_prob"
    images_only: ClassVar[bool] = True
    quantity: ClassVar[str] = "log-probability of a transformed image"
    move: Move = "stirring"

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, K] in nats."""
        return np.stack([self._log_prob(batch, images) for images in moved(batch.data, self.move)], 1)

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(K,)``."""
        return (9 if self.move == "shaking" else 7 if data.shape[1] == data.shape[2] else 3,)

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse to cut images of odd sides."""
        if reason := super().why_not(model, data):
            return reason
        if self.move == "shaking" and (data.shape[1] % 2 or data.shape[2] % 2):
            return f"shaking cuts images into halves, and {data.name} has {data.shape[1]}x{data.shape[2]} pixels"
        return None

    @staticmethod
    def _log_prob(batch: Batch, images: Images) -> Any:
        x, noise = torch.from_numpy(images), torch.from_numpy(image_noise(images, batch.seed, batch.draw))
        with inference():
            return numbers(batch.lean.log_prob(x.to(batch.x.device), noise=noise.to(batch.x.device)))


def moved(images: Images, move: Move) -> list[Images]:
    """Change ``images [n, C, H, W]`` in each way of a move."""
    ways = _stirred(images) if move == "stirring" else _shaken(images)
    return [np.ascontiguousarray(way) for way in ways]


def _stirred(images: Images) -> list[Images]:
    mirrored = images[..., ::-1]
    turns = range(4) if images.shape[2] == images.shape[3] else (0, 2)
    ways = [np.rot90(one, turn, (2, 3)) for one in (images, mirrored) for turn in turns]
    return ways[1:]  # the first is the image itself


def _shaken(images: Images) -> list[Images]:
    patches = [part for half in np.split(images, 2, 2) for part in np.split(half, 2, 3)]
    orders = [order for order in permutations(range(4)) if all(place != patch for place, patch in enumerate(order))]
    return [
        np.concatenate([np.concatenate([patches[i] for i in order[row : row + 2]], 3) for row in (0, 2)], 2)
        for order in orders
    ]
