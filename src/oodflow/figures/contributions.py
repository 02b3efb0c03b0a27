"""Where a likelihood comes from, on the image and as a sum."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.document.numbers import number
from oodflow.figures.canvas import BLUE, FAINT, GREY, INK, VERMILLION, Box, axes_at, blank_figure, write
from oodflow.figures.sheet import Block, Scale, Strip, sheet_figure
from oodflow.metrics import Estimate

_WIDTH, _TOP, _BAR, _FOOT, _LABEL = 1350, 124, 46, 110, 250  # pixels


def contribution_figure(
    images: Mapping[str, NDArray[np.uint8]],
    maps: Mapping[str, Mapping[str, NDArray[np.float64]]],
    *,
    title: str,
    caption: Sequence[str] = (),
) -> Figure:
    """Show which pixels a likelihood comes from: one scale for all maps, in nats a pixel.

    Args:
        images: for each data set, in-distribution first, uint8 ``[n, C, H, W]``.
        maps: for each part, such as the log-determinant, and each set: nats of each number, ``[n, C, H, W]``; channels
            are summed, and pixels averaged in blocks of 2x2: what is whose there is up to squeezes and splits.
        title: written above.
        caption: lines written below.

    Example:
        >>> images = {"noise": np.zeros((2, 1, 8, 8), np.uint8)}
        >>> maps = {"log p(z)": {"noise": np.random.default_rng(0).normal(size=(2, 1, 8, 8))}}
        >>> figure = contribution_figure(images, maps, title="Where the likelihood comes from")
    """
    strips = [Strip("image", [image for pictures in images.values() for image in pictures])]
    for part, by_set in maps.items():
        panels = [_in_blocks(values.sum(0)) for name in images for values in by_set[name]]
        scale = Scale(f"{part}, nats a pixel", *map(float, np.percentile(np.stack(panels), [0.5, 99.5])))
        notes = [f"{panel.sum():,.0f} nats".replace("-", "−") for panel in panels]
        strips.append(Strip(part, panels, scale, notes=notes))
    groups = [(name, len(pictures)) for name, pictures in images.items()]
    return sheet_figure([Block(strips, groups)], title=title, caption=caption)


def _in_blocks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over blocks of 2x2 pixels, at the same size; an odd row or column at the end stays."""
    height, width = (side // 2 * 2 for side in values.shape)
    means = values[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))
    out = values.copy()
    out[:height, :width] = means.repeat(2, 0).repeat(2, 1)
    return out


class Part(Protocol):
    """A part of the log-probability, mean over images, in bits per dimension: positive makes an image likelier."""

    @property
    def name(self) -> str:
        """Of the part."""

    @property
    def inside(self) -> float:
        """Of the in-distribution set."""

    @property
    def outside(self) -> float:
        """Of the other."""

    @property
    def difference(self) -> Estimate:
        """By how much it is larger for the other."""


def gap_figure(parts: Sequence[Part], *, names: tuple[str, str], title: str, caption: Sequence[str] = ()) -> Figure:
    """Draw the gap between the mean log-probabilities of two sets as the sum of its parts.

    Args:
        parts: the parts, and last the whole.
        names: of the in-distribution set and the other.
        title: written above.
        caption: lines written below.

    Example:
        >>> from types import SimpleNamespace
        >>> gap = Estimate(1.0, 0.9, 1.1)
        >>> whole = SimpleNamespace(name="all", inside=-3.0, outside=-2.0, difference=gap)
        >>> figure = gap_figure([whole], names=("clothes", "digits"), title="Why digits are likelier")
    """
    height = _BAR * len(parts)
    figure = blank_figure(_WIDTH, _TOP + height + _FOOT + 24 * len(caption))
    write(figure, 24, 24, title, size=11.5, weight="bold", within=_WIDTH - 48)
    axes = axes_at(figure, Box(_LABEL, _TOP, 640, height))
    rows = np.arange(len(parts))[::-1]
    gaps = np.array([part.difference.value for part in parts])
    colours = [VERMILLION if gap > 0 else BLUE for gap in gaps]
    axes.barh(rows, gaps, height=0.62, color=colours, alpha=0.75)
    lows, highs = ([getattr(part.difference, end) for part in parts] for end in ("low", "high"))
    axes.hlines(rows, lows, highs, color=INK, lw=1.4)
    axes.axvline(0, color=INK, lw=0.8)
    axes.axhline(0.5, color=GREY, lw=0.8, ls=(0, (4, 3)))
    axes.set(yticks=rows, yticklabels=[part.name for part in parts], ylim=(-0.5, len(parts) - 0.5))
    axes.margins(x=0.08)
    axes.grid(axis="x", color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, color=GREY, labelcolor=INK, length=3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel(f"what it adds to {names[1]} over {names[0]}, bits/dim", size=9, color=INK)
    _numbers(figure, parts, names)
    for i, line in enumerate(caption):
        write(figure, 24, _TOP + height + _FOOT - 14 + 24 * i, line, size=8, color=GREY, within=_WIDTH - 48)
    return figure


def _numbers(figure: Figure, parts: Sequence[Part], names: tuple[str, str]) -> None:
    columns = (_LABEL + 700, _LABEL + 840, _LABEL + 980)
    for left, text, colour in zip(columns, (*names, "difference"), (BLUE, VERMILLION, INK), strict=True):
        write(figure, left + 90, _TOP - 34, text, size=8.5, color=colour, ha="right", weight="bold", within=134)
    for row, part in enumerate(parts):
        for left, value in zip(columns, (part.inside, part.outside, part.difference.value), strict=True):
            middle = _TOP + row * _BAR + _BAR // 2
            weight = "bold" if row == len(parts) - 1 else "normal"
            text = number(value, 3, sign=True)
            write(figure, left + 90, middle, text, size=9, ha="right", va="center", weight=weight)
