"""Histograms of log-likelihoods over many powers of ten, in panels side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from oodflow.figures.canvas import BLUE, FAINT, GREY, INK, VERMILLION, Box, axes_at, blank_figure, write

_MARGIN, _HEAD, _PANEL, _HIGH, _GAP, _TITLE, _FOOT = 40, 96, 700, 190, 60, 56, 66  # pixels
_LOOKS = {"train": (INK, 0.0), "test": (BLUE, 0.35), "pushed": (VERMILLION, 0.35), "other": ("#009E73", 0.2)}


@dataclass(frozen=True, eq=False)
class Sample:
    """A set in a panel.

    Attributes:
        name: of the set, written at its histogram.
        role: ``train``, ``test``, ``pushed`` or ``other``, which decides its look.
        edges: of the steps, -nats, [B + 1], ascending.
        counts: of images in each, [B].
    """

    name: str
    role: str
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Panel:
    """A flow.

    Attributes:
        title: stands above.
        samples: sets that it was asked about.
        threshold: drawn as a line, in nats; none: there is none.
    """

    title: str
    samples: Sequence[Sample]
    threshold: float | None


def log_likelihood_figure(rows: Sequence[Sequence[Panel]], *, title: str) -> Figure:
    """Draw panels of histograms of log P, each scaled to its own peak, on a logarithmic axis that a row shares.

    Args:
        rows: of panels, from top to bottom.
        title: of the figure.
    """
    columns = max(map(len, rows))
    width = 2 * _MARGIN + columns * _PANEL + (columns - 1) * _GAP
    each = _TITLE + _HIGH + _FOOT
    figure = blank_figure(width, _HEAD + each * len(rows) + 40)
    write(figure, _MARGIN, 24, title, size=12, weight="bold", within=width - 2 * _MARGIN)
    roles = {"train": "trained on", "test": "test", "pushed": "pushed down at the right, test", "other": "third set"}
    for place, (role, words) in enumerate(roles.items()):
        write(figure, _MARGIN + 340 * place, 60, f"■ {words}", size=9, color=_LOOKS[role][0])
    for row, panels in enumerate(rows):
        ends = [edge for panel in panels for sample in panel.samples for edge in (sample.edges[0], sample.edges[-1])]
        for column, panel in enumerate(panels):
            left, top = _MARGIN + column * (_PANEL + _GAP), _HEAD + row * each
            write(figure, left, top + 14, panel.title, size=9, weight="bold", within=_PANEL)
            axes = axes_at(figure, Box(left, top + _TITLE, _PANEL, _HIGH))
            _draw(axes, panel)
            _style(axes, min(ends) / 1.1, max(ends) * 1.1)
    write(figure, _MARGIN, _HEAD + each * len(rows), "log P, nats an image; each histogram scaled to its own peak",
          size=8.5, color=GREY)  # fmt: skip
    return figure


def _draw(axes: Axes, panel: Panel) -> None:
    for sample in panel.samples:
        colour, fill = _LOOKS[sample.role]
        heights = sample.counts / sample.counts.max()
        if fill:
            axes.stairs(heights, sample.edges, fill=True, color=colour, alpha=fill)
        axes.stairs(heights, sample.edges, color=colour, lw=1.1)
    heads = [sample for sample in panel.samples if sample.role != "train"]
    for place, sample in enumerate(heads):
        peak = int(sample.counts.argmax())
        middle = float(np.sqrt(sample.edges[peak] * sample.edges[peak + 1]))
        axes.text(middle, 1.04 + 0.16 * (place % 3), sample.name, ha="center", va="bottom", size=7.5,
                  color=_LOOKS[sample.role][0], parse_math=False)  # fmt: skip
    if panel.threshold is not None:
        axes.axvline(-panel.threshold, color=GREY, lw=0.9, ls="--")
        axes.text(-panel.threshold, 1.52, " c", ha="left", va="top", size=8, color=GREY)


def _style(axes: Axes, low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(high, low)  # the likelier, the farther to the right
    axes.set_ylim(0, 1.55)
    axes.set_yticks([])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high > 300 * low else (1.0, 3.0), numticks=20))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"−{value:,.0f}"))
    axes.tick_params(labelsize=7.5, colors=INK)
