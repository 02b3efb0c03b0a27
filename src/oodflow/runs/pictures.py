"""Figures of a flow: its samples, and a row of the likelihood figure for a data set."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oodflow.data import DataSet, ImageSet
from oodflow.figures import Row, image_grid
from oodflow.flows import Flow
from oodflow.metrics import bits_per_dim
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.statistics import LogProb, Observation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Values = NDArray[np.float64]


def samples_figure(flow: Flow, config: RunConfig) -> "Figure | None":
    """Draw samples, the same latents each time; none: the flow is not over images, so there is nothing to see."""
    if not flow.domain.is_images:
        return None
    seed = config.training.seed if config.training else 0
    images = flow.sample(config.monitor.samples, seed=seed).cpu().numpy()
    columns = math.ceil(math.sqrt(len(images)))
    return image_grid(images, columns, title=f"Samples: {name_of(config)}, {config.scale} scale")


def row_of(observation: Observation, auroc: float | None) -> Row:
    """Make a data set's row of the likelihood figure, with eight of its images, if it has images, from all over it."""
    data = observation.data
    some = data.batch(np.linspace(0, len(data) - 1, 8).astype(int)) if isinstance(data, ImageSet) else None
    bits = bits_per_dim(observation[LogProb()], math.prod(data.shape))
    return Row(data.name, some, bits, auroc, data.note)


def likelihood_words(log_prob: Values, data: DataSet) -> str:
    """Write the mean likelihood of data: of images in bits/dim, of rows, whose density has a unit, in nats.

    Example:
        >>> from oodflow.data import RealSet
        >>> likelihood_words(np.array([-2.0, -3.0]), RealSet.from_array(np.zeros((2, 4))))
        'log p of −2.500'
    """
    mean = float(log_prob.mean())
    if isinstance(data, ImageSet):
        return f"{bits_per_dim(mean, math.prod(data.shape)):.3f} bits/dim"
    return f"log p of {mean:.3f}".replace("-", "−")
