"""How good flows were after how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from oodflow.figures.canvas import BLUE, FAINT, GREY, INK, VERMILLION, Box, axes_at, blank_figure, write

_WIDTH, _MARGIN, _TITLE, _PANEL, _GAP, _KEY = 1200, 90, 70, 420, 60, 34  # pixels
# Okabe and Ito's palette, and a dash for each, so that print and colour-blind readers tell the lines apart.
_COLOURS = (BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))

_TICKS = {
    "time": (0.1, 0.3, 1, 3, 10, 30, 60, 150, 300, 600, 1200, 3600, 7200, 36000),
    "steps": (1, 3, 10, 30, 100, 300, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000),
}


@dataclass(frozen=True)
class Line:
    """A run in the figure.

    Attributes:
        name: for the key; lines of one name look alike, and are in it once.
        after: how long after the start each look was, in seconds of training or in steps.
        bits_per_dim: at each.
        auroc: in per cent, at each; empty if the run was asked about nothing.
        asked: the set that the AUROC is about.
    """

    name: str
    after: Sequence[float]
    bits_per_dim: Sequence[float]
    auroc: Sequence[float]
    asked: str


def curve_figure(lines: Sequence[Line], *, title: str, split: str, by: Literal["time", "steps"]) -> Figure:
    """Draw bits/dim of a split over time or steps, and the AUROC of the likelihood below, on one logarithmic axis."""
    top = _MARGIN // 2 + _TITLE
    named: dict[str, Line] = {}
    for line in lines:
        named.setdefault(line.name, line)
    looks = {name: line_look(place) for place, name in enumerate(named)}
    height = top + 2 * _PANEL + _GAP + 90 + _KEY * len(looks)
    figure = blank_figure(_WIDTH, height)
    write(figure, 32, 28, title, size=12, weight="bold", within=_WIDTH - 64)
    upper = axes_at(figure, Box(_MARGIN, top, _WIDTH - _MARGIN - 32, _PANEL))
    lower = axes_at(figure, Box(_MARGIN, top + _PANEL + _GAP, _WIDTH - _MARGIN - 32, _PANEL))
    for line in lines:
        colour, dash = looks[line.name]
        upper.plot(line.after, line.bits_per_dim, color=colour, ls=dash, lw=1.6, marker="o", ms=2.5)
        if len(line.auroc):
            lower.plot(line.after, line.auroc, color=colour, ls=dash, lw=1.6, marker="o", ms=2.5)
    for place, (name, (colour, dash)) in enumerate(looks.items()):
        _key(figure, place, named[name], top + 2 * _PANEL + _GAP + 84, colour, dash, height)
    start, end = min(line.after[0] for line in lines), max(line.after[-1] for line in lines)
    for axes, name in ((upper, f"bits/dim of {split} images"), (lower, "AUROC of the likelihood, %")):
        _style(axes, name, start, end, by)
    lower.set_ylim(0, 100)
    lower.axhline(50, color=GREY, lw=0.8)
    lower.text(0.995, 51, "chance", transform=lower.get_yaxis_transform(), ha="right", va="bottom", size=7, color=GREY)
    lower.set_xlabel("time in training steps" if by == "time" else "training steps", color=INK, size=9)
    return figure


def _style(axes: Axes, name: str, start: float, end: float, by: str) -> None:
    axes.set_xscale("log")
    axes.set_xlim(start * 0.9, end * 1.1)
    axes.set_ylabel(name, color=INK, size=9)
    axes.grid(color=FAINT, lw=0.6)
    axes.tick_params(labelsize=8, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
    ticks = [mark for mark in _TICKS[by] if start * 0.9 <= mark <= end * 1.1]
    ticks = ticks if len(ticks) > 1 else [start, end]  # a short run may lie between two
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda mark, _: _in_words(mark) if by == "time" else f"{mark:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 3600 else f"{seconds / 3600:.3g} h"


def _key(figure: Figure, place: int, line: Line, top: int, colour: str, dash: Any, height: int) -> None:
    y = top + place * _KEY
    axes = axes_at(figure, Box(_MARGIN, y, 60, 24))
    axes.set_axis_off()
    axes.plot([0, 1], [0, 0], color=colour, ls=dash, lw=1.6)
    asked = f" (AUROC: {line.asked})" if line.asked else ""
    write(figure, _MARGIN + 74, y, line.name + asked, size=8.5, within=_WIDTH - _MARGIN - 110)


def line_look(place: int) -> tuple[str, Any]:
    """Choose colour and dash of a line: where the colours begin anew, with the dash of the next."""
    rounds = place // len(_COLOURS)
    return _COLOURS[place % len(_COLOURS)], _DASHES[(place + rounds) % len(_DASHES)]
