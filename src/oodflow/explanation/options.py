"""What to explain, and on which images."""

from dataclasses import dataclass

from oodflow.data import ImageSet
from oodflow.errors import UsageError

SHOWN = 4  # images of each set in a figure, unless the user names them


@dataclass(frozen=True)
class ExplainOptions:
    """How to explain a run.

    Attributes:
        ood: the out-of-distribution data set; none: the first of the run's configuration.
        images: indices of the images to show, of either set; empty: four from all over it. The first is the one whose
            coupling layers are drawn.
        measured: images of each set that quantities are measured on.
        draws: dequantisations that mean latents are averaged over; the paper has 40.
        seed: of noise, resampling and bootstrap.
        train_mode: show batch norm in train mode; none: where the flow has any.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    ood: str | None = None
    images: tuple[int, ...] = ()
    measured: int = 128
    draws: int = 40
    seed: int = 0
    train_mode: bool | None = None
    device: str = "auto"


def shown_indices(images: ImageSet, wanted: tuple[int, ...]) -> list[int]:
    """Tell which images of a set to show.

    Raises:
        UsageError: for an index that the set does not have.

    Example:
        >>> import numpy as np
        >>> shown_indices(ImageSet.from_array(np.zeros((9, 1, 4, 4), np.uint8)), ())
        [0, 2, 5, 8]
    """
    for index in wanted:
        if not 0 <= index < len(images):
            raise UsageError(
                f"image {index} is not in {images.name}, which has images 0 to {len(images) - 1:,}: name others "
                f"with --images."
            )
    last = len(images) - 1
    return list(wanted) or sorted({i * last // (SHOWN - 1) for i in range(SHOWN)})
