"""The figure of the project: which data does a flow find likely?"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from oodflow.errors import UsageError
from oodflow.figures.canvas import (
    BLUE,
    FAINT,
    GREY,
    INK,
    VERMILLION,
    Box,
    axes_at,
    blank_figure,
    enlargement,
    show_pixels,
    write,
)
from oodflow.figures.grid import check_images, grid_array
from oodflow.figures.histogram import beyond, shared_range, step_heights
from oodflow.metrics import bits_per_dim, nats_per_image

# Pixels: the figure is 1,350 wide, 9 inches in print and still legible at the 900 of a README.
_WIDTH, _MARGIN = 1350, 24
_HEAD, _ROW, _FOOT = 140, 146, 124
_STRIP, _THUMBNAIL = 540, 68
_PLOT = Box(left=_MARGIN + _STRIP + 30, top=_HEAD, width=572, height=0)
_VERDICT = _PLOT.left + _PLOT.width + 52  # clear of the last tick's label
_RIDGE = 0.76  # of a row's height, at the peak of its histogram


@dataclass(frozen=True, eq=False)
class Row:
    """One data set in the figure.

    Args:
        name: of the data set.
        images: uint8 [n,C,H,W], a few to show; as many as fit, eight of 28 or 32 pixels; none: it is no set of images.
        bits_per_dim: [N], of all the data set's images that were evaluated.
        auroc: of the flow's likelihood as a score, a fraction; None for the in-distribution row.
        note: what a reader must know about the data set, such as ``"test split"``; two lines, may be empty.
    """

    name: str
    images: NDArray[np.uint8] | None
    bits_per_dim: NDArray[np.float64]
    auroc: float | None = None
    note: str = ""


def likelihood_figure(rows: Sequence[Row], *, dims: int, title: str) -> Figure:
    """Show how likely a flow finds several data sets: images at the left, histograms of bits/dim at the right.

    The lower axis is in bits/dim, the upper one in nats per image, ``log p(x) = −bits/dim · D · ln 2``. The band behind
    all rows holds the middle 90 % of the first row. Values too far out for a common axis are counted in words.

    Args:
        rows: the in-distribution data set first.
        dims: D = C·H·W of the images that the flow saw.
        title: written above.

    Returns:
        The figure, 9 inches wide and as high as the rows need.

    Raises:
        UsageError: there are no rows, or a row's values or images cannot be drawn.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> thumbnails = rng.integers(0, 256, (8, 1, 28, 28), dtype=np.uint8)
        >>> rows = [Row("FashionMNIST", thumbnails, rng.normal(3.9, 0.6, 500)),
        ...         Row("MNIST", thumbnails, rng.normal(2.1, 0.3, 500), auroc=0.055)]
        >>> figure = likelihood_figure(rows, dims=784, title="Digits are likelier than the clothes it was trained on")
    """
    _check(rows)
    figure = blank_figure(_WIDTH, _HEAD + _ROW * len(rows) + _FOOT)
    write(figure, _MARGIN, 20, title, size=12, weight="bold", within=_WIDTH - 2 * _MARGIN)
    axes = _axes(figure, rows, dims)
    for index, row in enumerate(rows):
        color = BLUE if index == 0 else VERMILLION
        _draw_ridge(axes, row, len(rows) - 1 - index, color)
        _describe(figure, row, _HEAD + _ROW * index, color, is_reference=index == 0)
    _explain(figure, rows[0].name, _HEAD + _ROW * len(rows))
    return figure


def _axes(figure: Figure, rows: Sequence[Row], dims: int) -> Axes:
    """Return the one pair of axes that all histograms share; a row is one unit high, the last one stands on 0."""
    axes = axes_at(figure, Box(_PLOT.left, _PLOT.top, _PLOT.width, _ROW * len(rows)))
    axes.set_xlim(*shared_range([row.bits_per_dim for row in rows]))
    axes.set_ylim(-0.08, len(rows) - 0.08)
    axes.set_yticks([])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.axvspan(*np.percentile(rows[0].bits_per_dim, [5, 95]), color=BLUE, alpha=0.10, linewidth=0, zorder=0)

    axes.xaxis.set_major_locator(MaxNLocator(nbins=8))
    nats = axes.secondary_xaxis(
        "top",
        functions=(
            lambda bits: nats_per_image(np.asarray(bits, np.float64), dims),
            lambda nats: bits_per_dim(np.asarray(nats, np.float64), dims),
        ),
    )
    longest = max(len(_label(value)) for value in nats_per_image(np.array(axes.get_xlim()), dims))
    nats.xaxis.set_major_locator(MaxNLocator(nbins=min(6, int(_PLOT.width / (10.6 * longest + 17)))))
    nats.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _label(value)))
    nats.set_xlabel(f"log p(x), nats per {'row' if rows[0].images is None else 'image'}", fontsize=9, color=GREY)
    axes.tick_params(labelsize=8.5, color=GREY, labelcolor=INK)
    nats.tick_params(labelsize=8.5, color=GREY, labelcolor=GREY)
    nats.spines["top"].set_color(FAINT)
    return axes


def _label(nats: float) -> str:
    return f"{nats:,.0f}".replace("-", "−")


def _draw_ridge(axes: Axes, row: Row, base: int, color: str) -> None:
    low, high = axes.get_xlim()
    heights, edges = step_heights(row.bits_per_dim, low, high)
    axes.axhline(base, color=FAINT, linewidth=0.8, zorder=1)
    axes.stairs(base + _RIDGE * heights, edges, baseline=base, fill=True, color=color, alpha=0.45, zorder=2)
    axes.stairs(base + _RIDGE * heights, edges, baseline=base, color=color, linewidth=1.0, zorder=3)
    under, over = beyond(row.bits_per_dim, low, high)
    above: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "va": "top",
        "fontsize": 8,
        "color": INK,
        "zorder": 4,
    }
    axes.text(0, base + 0.89, under, ha="left", **above)
    axes.text(1, base + 0.89, over, ha="right", **above)


def _describe(figure: Figure, row: Row, top: int, color: str, *, is_reference: bool) -> None:
    """Write a row's name, note and AUROC, and show its images."""
    write(figure, _MARGIN, top + 4, row.name, size=10, weight="bold", color=color, within=_STRIP)
    note = textwrap.fill(row.note, width=64, max_lines=2, placeholder=" …")
    write(figure, _MARGIN, top + 100, note, size=8, color=GREY, within=_STRIP)
    if row.images is not None:
        _, _, height, width = row.images.shape
        fitting = int(_STRIP / (width * enlargement(height + 2, _THUMBNAIL)))  # 2: the white above and below
        shown = row.images[: min(8, max(1, fitting))]
        show_pixels(figure, grid_array(shown, columns=len(shown)), Box(_MARGIN, top + 28, _STRIP, _THUMBNAIL))
    verdict = "in-distribution" if is_reference else "" if row.auroc is None else f"{100 * row.auroc:.1f} %"
    size = 8.5 if is_reference else 13
    write(figure, _VERDICT, top + 66, verdict, size=size, color=color, va="center", within=_WIDTH - _VERDICT - 4)
    write(figure, _VERDICT, top + 86, f"n = {row.bits_per_dim.size:,}", size=8.5, color=GREY)


def _explain(figure: Figure, reference: str, bottom: int) -> None:
    """Write what the columns, the axis and the band mean, ``bottom`` being where the rows end."""
    write(figure, _VERDICT, _HEAD - 26, "AUROC", color=GREY)
    label = bottom + 42
    write(figure, _PLOT.left, label, "← more likely")
    write(figure, _PLOT.left + _PLOT.width // 2, label, "bits per dimension", ha="center")
    write(figure, _PLOT.left + _PLOT.width, label, "less likely →", ha="right")
    caption = (
        f"Shaded: the middle 90 % of {reference}.\n"
        "Histograms: each scaled to its own peak.\n"
        f"AUROC below 50 %: mostly likelier than {reference}."
    )
    write(figure, _MARGIN, bottom + 28, caption, size=8.5, color=GREY, within=_STRIP)


def _check(rows: Sequence[Row]) -> None:
    if not rows:
        raise UsageError("rows is empty: the figure needs at least the in-distribution row.")
    for row in rows:
        if row.images is not None:
            check_images(f"images of row {row.name!r}", row.images)
        values = row.bits_per_dim
        if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
            raise UsageError(
                f"bits_per_dim of row {row.name!r} has shape {list(values.shape)} and "
                f"{np.count_nonzero(~np.isfinite(values))} infinite or NaN values: expected [N] finite numbers."
            )
