"""Densities on the plane, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.figures.canvas import BLUE, GREY, VERMILLION, Box, axes_at, blank_figure, write

_MARGIN, _SIDE, _GAP, _HEAD, _FOOT = 32, 400, 32, 104, 32  # pixels
_SHOWN = 9.0  # nats below the highest of the first panel, from where on all is white


@dataclass(frozen=True, eq=False)
class DensityPanel:
    """One density.

    Attributes:
        title: stands above.
        log_density: on a square grid, ``[N, N]``, rows from below; minus infinity where there is none.
    """

    title: str
    log_density: NDArray[np.float64]


def density_figure(
    panels: Sequence[DensityPanel],
    inside: NDArray[np.float64],
    outside: NDArray[np.float64],
    *,
    extent: float,
    title: str,
) -> Figure:
    """Draw log-densities in one colour scale, with points that they are about.

    Args:
        panels: from left to right.
        inside: points ``[N, 2]`` that were trained on, dots.
        outside: others, crosses.
        extent: of the grid, from minus to plus this in both directions.
        title: of the figure.
    """
    width = 2 * _MARGIN + len(panels) * _SIDE + (len(panels) - 1) * _GAP
    figure = blank_figure(width, _HEAD + _SIDE + _FOOT)
    write(figure, _MARGIN, 24, title, size=11, weight="bold", within=width - 2 * _MARGIN)
    top = float(panels[0].log_density.max())
    for place, panel in enumerate(panels):
        left = _MARGIN + place * (_SIDE + _GAP)
        write(figure, left, _HEAD - 32, panel.title, size=9, color=GREY, within=_SIDE)
        axes = axes_at(figure, Box(left, _HEAD, _SIDE, _SIDE))
        shown = np.clip(panel.log_density, top - _SHOWN, top)
        ends = (-extent, extent, -extent, extent)
        axes.imshow(shown, origin="lower", extent=ends, cmap="Greys", vmin=top - _SHOWN, vmax=top + 3)
        axes.scatter(inside[:, 0], inside[:, 1], s=3, color=BLUE, alpha=0.5, linewidths=0)
        axes.scatter(outside[:, 0], outside[:, 1], s=16, color=VERMILLION, marker="x", linewidths=0.8)
        axes.set_xticks([])
        axes.set_yticks([])
    return figure
