"""What scores find at how many false alarms."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.figures.canvas import FAINT, GREY, INK, Box, axes_at, blank_figure, write
from oodflow.figures.curves import line_look

_PANEL, _MARGIN, _TOP, _GAP, _KEY, _BELOW = 520, 96, 120, 70, 30, 80  # pixels

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Shares of false alarms and of what is found, from 0 to 1."""


def roc_figure(curves: Mapping[str, Mapping[str, Curve]], *, title: str) -> Figure:
    """Draw a panel a set with a curve a score, and below each what the colours stand for, the best score first.

    Args:
        curves: by set, by score.
        title: of the figure.
    """
    count = max(len(scores) for scores in curves.values())
    width = 2 * _MARGIN + _PANEL * len(curves) + _GAP * (len(curves) - 1)
    figure = blank_figure(max(width, 900), _TOP + _PANEL + _BELOW + _KEY * count + 24)
    write(figure, 32, 28, title, size=12, weight="bold", within=max(width, 900) - 64)
    looks = {name: line_look(place) for place, name in enumerate(next(iter(curves.values())))}
    for place, (asked, scores) in enumerate(curves.items()):
        left = _MARGIN + place * (_PANEL + _GAP)
        write(figure, left, _TOP - 36, asked, size=10, within=_PANEL)
        axes = axes_at(figure, Box(left, _TOP, _PANEL, _PANEL))
        _style(axes, first=place == 0)
        areas = {name: float(np.trapezoid(found, alarms)) for name, (alarms, found) in scores.items()}
        for row, name in enumerate(sorted(scores, key=lambda name: -areas[name])):
            colour, dash = looks[name]
            axes.plot(*(100 * share for share in scores[name]), color=colour, ls=dash, lw=1.4)
            top = _TOP + _PANEL + _BELOW + _KEY * row
            key = axes_at(figure, Box(left, top, 44, 20))
            key.set_axis_off()
            key.plot([0, 1], [0, 0], color=colour, ls=dash, lw=1.6)
            write(figure, left + 56, top, f"{100 * areas[name]:.1f} %  {name}", size=8, within=_PANEL - 60)
    return figure


def _style(axes: Axes, *, first: bool) -> None:
    axes.plot([0, 100], [0, 100], color=GREY, lw=0.8)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("false alarms, %", color=INK, size=9)
    if first:
        axes.set_ylabel("found, %", color=INK, size=9)
    axes.grid(color=FAINT, lw=0.6)
    axes.tick_params(labelsize=8, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
