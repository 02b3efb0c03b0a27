"""How likely images are, and what of the flow and of the image makes them so."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oodflow.analysis import contribution_maps
from oodflow.explanation.subject import Subject
from oodflow.figures import Row, contribution_figure, gap_figure, likelihood_figure
from oodflow.metrics import auroc

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def histograms(subject: Subject) -> "Figure":
    """Figures 1a and 6: likelihoods of the images that were measured."""
    bits = [side.measured.bits_per_dim for side in subject.sides]
    areas = [None, auroc(*bits)]
    rows = [
        Row(side.facts.name, side.shown, values, area)
        for side, values, area in zip(subject.sides, bits, areas, strict=True)
    ]
    return likelihood_figure(rows, dims=subject.flow.dims, title=f"Likelihoods: {subject.name}")


def contributions(subject: Subject) -> "Figure":
    """Which pixels the likelihood comes from."""
    maps: dict[str, dict[str, NDArray[np.float64]]] = {"log p(z)": {}, "log-det": {}, "sum": {}}
    for name, images in subject.shown.items():
        prior, log_det = contribution_maps(subject.flow, images, seed=subject.seed)
        for part, values in zip(maps, (prior, log_det, prior + log_det), strict=True):
            maps[part][name] = values
    dims = subject.flow.dims
    caption = [
        f"Sum: log p(x) but for the constant of 8 bits, −{dims:,} log 256 = −{dims * math.log(256):,.0f} nats. "
        "Averaged over blocks of 2x2 pixels."
    ]
    title = f"Which pixels the likelihood comes from: {subject.name}"
    return contribution_figure(subject.shown, maps, title=title, caption=caption)


def gap(subject: Subject) -> "Figure":
    """Which part of the flow makes one set likelier than the other."""
    parts = subject.explanation.between.gap
    whole = parts[-1]
    likelier = subject.names[whole.outside > whole.inside]
    caption = [
        "Means over images, in bits per dimension of the image; lines: 95 % bootstrap intervals of the difference."
    ]
    title = f"Where the gap comes from ({likelier} is likelier): {subject.name}"
    return gap_figure(parts, names=subject.names, title=title, caption=caption)
