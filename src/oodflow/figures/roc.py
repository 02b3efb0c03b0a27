"""What scores find at how many false alarms."""

from collections.abc import Mapping
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.document.numbers import number
from oodflow.figures.canvas import FAINT, GREY, INK, Box, axes_at, blank_figure, write
from oodflow.figures.curves import line_look

_PANEL, _MARGIN, _TOP, _GAP, _KEY, _BELOW, _NOTE = 520, 96, 120, 70, 30, 80, 36  # pixels
_COLOURED = 6  # curves, each in a colour of its own; more could not be told apart


class RocCurve(NamedTuple):
    """A curve.

    Attributes:
        alarms: shares of false alarms, from 0 to 1.
        found: share of what is found at each.
        area: below it, the AUROC.
    """

    alarms: NDArray[np.float64]
    found: NDArray[np.float64]
    area: float


def roc_figure(curves: Mapping[str, Mapping[str, RocCurve]], *, title: str, note: str = "") -> Figure:
    """Draw a panel a set with a curve a score, and below each what the colours stand for, the best score first.

    Of many scores the first, the best of each set, and those that are best on average, have a colour, the same in all
    panels; the others are grey.

    Args:
        curves: by set, by score.
        title: of the figure.
        note: a line at the bottom; empty: none.
    """
    count = max(len(scores) for scores in curves.values())
    width = max(2 * _MARGIN + _PANEL * len(curves) + _GAP * (len(curves) - 1), 900)
    bottom = _TOP + _PANEL + _BELOW + _KEY * count
    figure = blank_figure(width, bottom + 24 + _NOTE * bool(note))
    write(figure, 32, 28, title, size=12, weight="bold", within=width - 64)
    coloured = _coloured(curves)
    for place, (asked, scores) in enumerate(curves.items()):
        left = _MARGIN + place * (_PANEL + _GAP)
        write(figure, left, _TOP - 36, asked, size=10, within=_PANEL)
        axes = axes_at(figure, Box(left, _TOP, _PANEL, _PANEL))
        _style(axes, first=place == 0)
        for row, (name, curve) in enumerate(sorted(scores.items(), key=lambda item: -item[1].area)):
            look: dict[str, Any] = {"color": GREY, "lw": 0.7, "alpha": 0.6}
            if name in coloured:
                colour, dash = line_look(coloured.index(name))
                look = {"color": colour, "ls": dash, "lw": 1.6, "zorder": 3}
            axes.plot(100 * curve.alarms, 100 * curve.found, **look)
            top = _TOP + _PANEL + _BELOW + _KEY * row
            key = axes_at(figure, Box(left, top, 44, 20))
            key.set_axis_off()
            key.plot([0, 1], [0, 0], **look)
            write(figure, left + 56, top, f"{number(100 * curve.area, 1)} %  {name}", size=8, within=_PANEL - 60)
    if note:
        write(figure, 32, bottom + 8, note, size=8, color=GREY, within=width - 64)
    return figure


def _coloured(curves: Mapping[str, Mapping[str, RocCurve]]) -> list[str]:
    """Choose the scores that have a colour: the first, the best of each set, the best on average; in their order."""
    names = list(next(iter(curves.values())))
    best = [max(names, key=lambda name: scores[name].area) for scores in curves.values()]
    on_average = sorted(names, key=lambda name: -mean(scores[name].area for scores in curves.values()))
    chosen = list(dict.fromkeys([names[0], *best, *on_average]))[:_COLOURED]
    return [name for name in names if name in chosen]


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
