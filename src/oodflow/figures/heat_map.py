"""A table of shares as colours."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.document.numbers import number
from oodflow.figures.canvas import INK, Box, axes_at, blank_figure, text_width, write

_CELL, _HIGH, _LABEL, _MARGIN = 92, 40, 480, 32  # pixels
_NAME = 8  # points of a column's name
_SLOPE = np.deg2rad(60)
_ASLANT = {"rotation": np.rad2deg(_SLOPE), "ha": "left", "va": "bottom", "rotation_mode": "anchor"}


def heat_map(values: NDArray[np.float64], rows: Sequence[str], columns: Sequence[str], *, title: str) -> Figure:
    """Draw percentages ``[rows, columns]``, from 0 over 50, which is white, to 100; NaN stays empty.

    Args:
        values: in per cent.
        rows: their names.
        columns: theirs, written aslant.
        title: of the figure.
    """
    longest = max(text_width(name, _NAME) for name in columns) + 30
    head, leaning = max(int(longest * np.sin(_SLOPE)), 60), int(longest * np.cos(_SLOPE))
    width = max(_MARGIN + _LABEL + _CELL * len(columns) + leaning, 900)
    figure = blank_figure(width, _MARGIN + 50 + head + _HIGH * len(rows) + _MARGIN)
    write(figure, _MARGIN, 24, title, size=12, weight="bold", within=width - 2 * _MARGIN)
    top = _MARGIN + 50 + head
    axes = axes_at(figure, Box(_MARGIN + _LABEL, top, _CELL * len(columns), _HIGH * len(rows)))
    axes.imshow(np.ma.masked_invalid(values), cmap="RdBu", vmin=0, vmax=100, aspect="auto")
    axes.set_axis_off()
    for place, name in enumerate(rows):
        middle = top + _HIGH * place + _HIGH // 2
        write(figure, _MARGIN, middle, name, size=8, va="center_baseline", within=_LABEL - 16)
    for place, name in enumerate(columns):
        at = _MARGIN + _LABEL + _CELL * place + _CELL // 2
        write(figure, at, top - 10, name, size=_NAME, **_ASLANT)
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            colour = "white" if abs(value - 50) > 28 else INK
            axes.text(
                column, row, number(value, 1), ha="center", va="center_baseline", fontsize=7.5, color=colour
            )  # fmt: skip
    return figure
