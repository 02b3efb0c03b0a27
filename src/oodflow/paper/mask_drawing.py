"""Drawing every mask on an image of the built-in data."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.bijections import MASKS, Squeeze
from oodflow.data import load
from oodflow.figures import mask_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TURNS = 4
SIZE = 16
DIGIT = 5  # one that is not symmetric


def draw_masks() -> "Figure":
    """Draw every registered mask, and the cycle in 2x2 patches, over a digit: the paper's Figures 7 and 12."""
    image = load(f"digits?shape=1x{SIZE}x{SIZE}", "all").batch([DIGIT])[0, 0]
    rows = {name: [mask_map(name, SIZE, turn) for turn in range(TURNS)] for name in MASKS}
    half = SIZE // 2
    rows["cycle in patches"] = [np.tile(mask_map("cycle", half, turn), (2, 2)) for turn in range(TURNS)]
    return mask_figure(image, rows)


def mask_map(name: str, size: int, turn: int) -> NDArray[np.integer]:
    """Map the pixels of an image ``[size, size]``: 0 neither, 1 seen, 2 changed.

    A mask that tells channels apart is drawn where the pixels were before the squeeze that made them channels.
    """
    mask = MASKS[name]((4, size // 2, size // 2), turn)
    if mask.hides_pixels:
        mask = MASKS[name]((1, size, size), turn)
    return _pixels(mask.condition + 2 * mask.transform.int())


def _pixels(values: torch.Tensor) -> NDArray[np.integer]:
    flat = values if len(values) == 1 else Squeeze().inverse(values[None].float())[0][0]
    return flat[0].numpy().astype(np.int64)
