"""Figures of a flow: its samples, and a row of the likelihood figure for a data set."""

import math
from typing import TYPE_CHECKING

import numpy as np

from oodflow.figures import Row, image_grid
from oodflow.flows import Flow
from oodflow.metrics import bits_per_dim
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.statistics import LogProb, Observation

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def samples_figure(flow: Flow, config: RunConfig) -> "Figure":
    """Draw samples, the same latents each time."""
    seed = config.training.seed if config.training else 0
    images = flow.sample(config.monitor.samples, seed=seed).cpu().numpy()
    columns = math.ceil(math.sqrt(len(images)))
    return image_grid(images, columns, title=f"Samples: {name_of(config)}, {config.scale} scale")


def row_of(observation: Observation, auroc: float | None) -> Row:
    """Make a data set's row of the likelihood figure, with eight of its images from all over it."""
    images = observation.data
    thumbnails = images.batch(np.linspace(0, len(images) - 1, 8).astype(int))
    bits = bits_per_dim(observation[LogProb()], math.prod(images.shape))
    return Row(images.name, thumbnails, bits, auroc, images.note)
