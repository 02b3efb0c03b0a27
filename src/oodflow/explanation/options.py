"""What to explain, and on which images."""

from pydantic import Field

from oodflow.config import Config
from oodflow.data import ImageSet
from oodflow.errors import UsageError
from oodflow.training import DeviceName

SHOWN = 4  # images of each set in a figure, unless the user names them


class ExplainOptions(Config):
    """How to explain a run.

    Attributes:
        ood: the out-of-distribution data set; none: the first of the run's configuration.
        images: indices of the images to show, of either set; empty: four from all over it. The first is the one whose
            coupling layers are drawn.
        limit: at most so many images of each set to measure quantities on.
        draws: dequantisations that mean latents are averaged over; the paper has 40.
        seed: of noise, resampling and bootstrap.
        train_mode: show batch norm in train mode; none: where the flow has any.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or another of several GPUs, or ``mps``.
    """

    ood: str | None = None
    images: tuple[int, ...] = ()
    limit: int = Field(128, ge=2)
    draws: int = Field(40, ge=1)
    seed: int = Field(0, ge=0)
    train_mode: bool | None = None
    device: DeviceName = "auto"


def shown_indices(images: ImageSet, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Tell which images of a set to show.

    Raises:
        UsageError: for an index that the set does not have.

    Example:
        >>> import numpy as np
        >>> shown_indices(ImageSet.from_array(np.zeros((9, 1, 4, 4), np.uint8)), ())
        (0, 2, 5, 8)
    """
    for index in wanted:
        if not 0 <= index < len(images):
            raise UsageError(
                f"image {index} is not in {images.name}, which has images 0 to {len(images) - 1:,}: name others "
                f"with --images."
            )
    last = len(images) - 1
    return wanted or tuple(sorted({i * last // (SHOWN - 1) for i in range(SHOWN)}))
