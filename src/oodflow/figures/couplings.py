"""Coupling layers at work on an image, and how well they predict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from oodflow.figures.canvas import BLUE, FAINT, GREY, INK, VERMILLION, Box, axes_at, blank_figure, write
from oodflow.figures.sheet import Block, Scale, Strip, flat, sheet_figure
from oodflow.metrics import Estimate

Floats = NDArray[np.float64]

_IN_A_ROW = 5
_WIDTH, _TOP, _PANEL, _MARGIN, _FOOT = 1350, 110, 420, 112, 130  # pixels, of the figure of R²


@dataclass(frozen=True, eq=False)
class CouplingRow:
    """What the coupling layers of a flow do to one image, all in image space.

    Attributes:
        before: what comes into each layer, ``[layers, C, H, W]``.
        prediction: of what it changes, the same shape; not a number, where it changes nothing, is drawn as 0.
        log_scale: its s, the same.
        r2: of the prediction, ``[layers]``.
        latents: what comes out of the last, ``[C, H, W]``.
    """

    before: Floats
    prediction: Floats
    log_scale: Floats
    r2: Floats
    latents: Floats


def coupling_figure(
    rows: Mapping[str, CouplingRow], *, headings: Sequence[str], title: str, caption: Sequence[str] = ()
) -> Figure:
    """Show each coupling's input, its prediction of what it changes, and s.

    Inputs and predictions share a scale, so that the eye can hold them against one another; colour images are averaged
    over their channels.

    Args:
        rows: by data set, in-distribution first: one image each.
        headings: names of the layers.
        title: written above.
        caption: lines written below.

    Returns:
        The figure, up to five layers in a line.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), Figures 1, 3, 9 and 11, arXiv:2006.08545.

    Example:
        >>> z = np.random.default_rng(0).normal(size=(2, 1, 8, 8))
        >>> row = CouplingRow(z, z, z, np.array([0.5, 0.1]), z[0])
        >>> figure = coupling_figure({"digits": row, "noise": row}, headings=["1", "2"], title="Couplings")
    """
    shown = [a for row in rows.values() for a in (row.before, row.prediction, row.latents)]
    values = Scale.around_zero("input x and prediction", [flat(a) for a in shown])
    scales = Scale.around_zero("log-scale s", [flat(row.log_scale) for row in rows.values()])
    blocks = []
    rows_of_layers = -(-len(headings) // _IN_A_ROW)
    for layers in np.array_split(np.arange(len(headings)), rows_of_layers):
        part = slice(layers[0], layers[-1] + 1)
        blocks.append(_block(rows, part, headings[part], values, scales))
    return sheet_figure(blocks, title=title, caption=caption)


def _block(
    rows: Mapping[str, CouplingRow], part: slice, headings: Sequence[str], values: Scale, scales: Scale
) -> Block:
    def panels(name: str) -> list[Floats]:
        # Where a layer changes nothing, s and the prediction are 0; grey holes would hide the picture.
        return [np.nan_to_num(panel) for row in rows.values() for panel in flat(getattr(row, name)[part])]

    notes = [_note(r2) for row in rows.values() for r2 in row.r2[part]]
    strips = [
        Strip("input x", panels("before"), values),
        Strip("prediction", panels("prediction"), values, notes=notes),
        Strip("log-scale s", panels("log_scale"), scales),
    ]
    return Block(strips, [(name, len(headings)) for name in rows], headings=[*headings] * len(rows))


def _note(r2: float) -> str:
    return "R² below −10" if r2 < -10 else "" if math.isnan(r2) else f"R² {r2:.2f}".replace("-", "−")


@dataclass(frozen=True, eq=False)
class Curve:
    """A quantity of each coupling layer.

    Attributes:
        name: for the key.
        value: ``[layers]``; not a number where it was not measured.
        low: lower ends of the intervals.
        high: upper ends.
    """

    name: str
    value: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, name: str, estimates: Sequence[Estimate | None]) -> "Curve":
        """Take what was estimated of each layer; none where it was not.

        Example:
            >>> Curve.of("erased", [None, Estimate(0.5, 0.4, 0.6)]).value.tolist()
            [nan, 0.5]
        """
        nothing = Estimate(math.nan, math.nan, math.nan)
        ends = [(one.value, one.low, one.high) for one in (estimate or nothing for estimate in estimates)]
        return cls(name, *np.array(ends).reshape(-1, 3).T)


def prediction_figure(curves: Mapping[str, Sequence[Curve]], *, title: str, caption: Sequence[str] = ()) -> Figure:
    """Draw over the layers how well couplings predict what they change, a panel for each data set, on one axis.

    Args:
        curves: by data set: R² as it is, erased, swapped and of the donor, in any number.
        title: written above.
        caption: lines written below.

    Returns:
        The figure; what lies below -1 is drawn at the edge, as a triangle.

    Example:
        >>> curve = Curve("as it is", np.array([0.2, 0.9]), np.array([0.1, 0.8]), np.array([0.3, 1.0]))
        >>> figure = prediction_figure({"digits": [curve]}, title="R²")
    """
    figure = blank_figure(_WIDTH, _TOP + _PANEL + _FOOT + 24 * len(caption))
    write(figure, 24, 24, title, size=11.5, weight="bold", within=_WIDTH - 48)
    width = (_WIDTH - _MARGIN - 24) // len(curves)
    for i, (name, lines) in enumerate(curves.items()):
        write(
            figure, _MARGIN + i * width, _TOP - 34, name, size=9.5, weight="bold", color=(BLUE, VERMILLION)[min(i, 1)],
            within=width - 40,
        )  # fmt: skip
        axes = axes_at(figure, Box(_MARGIN + i * width, _TOP, width - 76, _PANEL))
        for look, curve in zip(_LOOKS, lines, strict=False):
            _draw(axes, curve, **look)
        axes.set(ylim=(_FLOOR - 0.08, 1.05), xlabel="coupling layer")
        axes.axhline(0, color=GREY, lw=0.8, zorder=0)
        axes.grid(color=FAINT, lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(labelsize=8.5, color=GREY, labelcolor=INK)
        axes.xaxis.label.set(size=9, color=INK)
        if i == 0:
            axes.set_ylabel("R² of −t", size=9, color=INK)
            axes.legend(
                loc="upper left", bbox_to_anchor=(-0.02, -0.16), ncols=len(lines), fontsize=8.5, frameon=False,
                borderaxespad=0.2,
            )  # fmt: skip
    for i, line in enumerate(caption):
        write(figure, 24, _TOP + _PANEL + _FOOT - 14 + 24 * i, line, size=8, color=GREY, within=_WIDTH - 48)
    return figure


_FLOOR = -1.0
_LOOKS = (
    {"color": "#000000", "ls": "-", "marker": "o"}, {"color": "#E69F00", "ls": "--", "marker": "s"},
    {"color": "#56B4E9", "ls": "-.", "marker": "D"}, {"color": "#009E73", "ls": ":", "marker": "^"},
)  # fmt: skip


def _draw(axes: Axes, curve: Curve, *, color: str, ls: str, marker: str) -> None:
    layers = np.arange(1, len(curve.value) + 1)
    value, low, high = (np.maximum(ends, _FLOOR) for ends in (curve.value, curve.low, curve.high))
    axes.plot(layers, value, color=color, ls=ls, lw=1.5, marker=marker, ms=4, label=curve.name)
    axes.vlines(layers, low, high, color=color, lw=1.2)
    beyond = curve.value < _FLOOR
    axes.plot(layers[beyond], np.full(beyond.sum(), _FLOOR - 0.04), color=color, ls="", marker="v", ms=5)
