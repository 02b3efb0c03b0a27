"""Average ranks of methods, and which of them can't be told apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from oodflow.figures.canvas import GREY, INK, VERMILLION, Box, axes_at, blank_figure, write

_WIDTH, _SIDE, _TOP = 1200, 330, 80  # pixels; labels stand on either side
_HEAD, _BRACKET, _BAR, _ROW, _GAP = 36, 56, 15, 34, 44  # of a panel, from top to bottom
_AXIS = _HEAD + _BRACKET + 40  # where a panel's axis lies


@dataclass(frozen=True)
class RankPanel:
    """Methods by average rank.

    Attributes:
        title: what they were ranked by.
        methods: their names.
        ranks: average rank of each, 1 being best.
        difference: ranks that differ by less can't be told apart.
        groups: places of methods of which none can be told from any other, best first.
    """

    title: str
    methods: Sequence[str]
    ranks: Sequence[float]
    difference: float
    groups: Sequence[Sequence[int]]

    @property
    def height(self) -> int:
        """In pixels."""
        return _AXIS + 24 + _BAR * len(self.groups) + _ROW * ceil(len(self.methods) / 2) + _GAP


def critical_difference_figure(panels: Sequence[RankPanel], *, title: str, emphasis: str = "") -> Figure:
    """Draw a panel below the other: an axis of ranks, best to the left, with a name for each method.

    Bars join those that can't be told apart; above the axis is drawn how far apart two must be, where there is room.

    Args:
        panels: what to draw.
        title: of the figure.
        emphasis: a method to set apart.

    Reference:
        Demšar, *Statistical Comparisons of Classifiers over Multiple Data Sets*, JMLR 7, 2006, figure 1.
    """
    figure = blank_figure(_WIDTH, _TOP + sum(panel.height for panel in panels))
    write(figure, 32, 28, title, size=12, weight="bold", within=_WIDTH - 64)
    top = _TOP
    for panel in panels:
        write(figure, 32, top, panel.title, size=10, within=_WIDTH - 64)
        axes = axes_at(figure, Box(0, top, _WIDTH, panel.height))
        axes.set_axis_off()
        axes.set_xlim(0, _WIDTH)
        axes.set_ylim(panel.height, 0)  # pixels from the top, as elsewhere
        _ruler(axes, panel)
        _bars(axes, panel)
        _names(axes, panel, emphasis)
        top += panel.height
    return figure


def _at(panel: RankPanel, rank: float) -> float:
    """Place a rank on the axis, in pixels."""
    return _SIDE + (rank - 1) / max(len(panel.methods) - 1, 1) * (_WIDTH - 2 * _SIDE)


def _ruler(axes: Axes, panel: RankPanel) -> None:
    last = len(panel.methods)
    axes.plot([_at(panel, 1), _at(panel, last)], [_AXIS, _AXIS], color=INK, lw=1.2)
    for rank in range(1, last + 1):
        axes.plot([_at(panel, rank)] * 2, [_AXIS - 8, _AXIS], color=INK, lw=1.2)
        axes.text(_at(panel, rank), _AXIS - 13, str(rank), ha="center", va="bottom", size=8, color=INK)
    said = f"critical difference {panel.difference:.2f}"
    height = _HEAD + 22
    if panel.difference <= last - 1:
        ends = [_at(panel, 1), _at(panel, 1 + panel.difference)]
        axes.plot(ends, [height, height], color=GREY, lw=1.2)
        for end in ends:
            axes.plot([end, end], [height - 6, height + 6], color=GREY, lw=1.2)
        axes.text(ends[1] + 12, height, said, va="center", size=8, color=GREY)
    else:
        axes.text(_at(panel, 1), height, f"{said}: wider than the axis", va="center", size=8, color=GREY)


def _bars(axes: Axes, panel: RankPanel) -> None:
    for place, group in enumerate(panel.groups):
        height = _AXIS + 14 + _BAR * place
        ends = [_at(panel, panel.ranks[group[0]]) - 4, _at(panel, panel.ranks[group[-1]]) + 4]
        axes.plot(ends, [height, height], color=INK, lw=3.2, solid_capstyle="butt")


def _names(axes: Axes, panel: RankPanel, emphasis: str) -> None:
    """Write the better half to the left, the best on top, and the others to the right, the worst on top."""
    order = sorted(range(len(panel.methods)), key=lambda place: panel.ranks[place])
    half = ceil(len(order) / 2)
    first = _AXIS + 24 + _BAR * len(panel.groups)
    for side, places in ((-1, order[:half]), (1, order[half:][::-1])):
        edge = _SIDE - 24 if side < 0 else _WIDTH - _SIDE + 24
        for row, place in enumerate(places):
            name, rank = panel.methods[place], panel.ranks[place]
            height = first + _ROW * row
            ours = name == emphasis
            colour = VERMILLION if ours else INK
            x = _at(panel, rank)
            axes.plot([x, x, edge], [_AXIS, height, height], color=colour, lw=1.6 if ours else 0.9)
            words = f"{name}  {rank:.2f}" if side < 0 else f"{rank:.2f}  {name}"
            axes.text(
                edge + 8 * side, height, words, ha="right" if side < 0 else "left", va="center", size=9, color=colour,
                weight="bold" if ours else "normal", parse_math=False,
            )  # fmt: skip
