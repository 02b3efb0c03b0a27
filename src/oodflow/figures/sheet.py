"""A page of small pictures: rows that say what is shown, columns for images or layers, and colour bars for the maps."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from oodflow.errors import UsageError
from oodflow.figures.canvas import BLUE, GREY, VERMILLION, Box, axes_at, blank_figure, write
from oodflow.figures.grid import visible

MAP = "cividis"  # perceptually uniform, the same to colour-blind readers, and it prints in grey
BLANK = 0.86  # grey of what a map does not speak of

_MARGIN, _LABEL, _GAP, _PARTING = 24, 168, 8, 28  # pixels
_PANEL = 112  # size that panels come near to
_TITLE, _GROUP, _HEADING, _NOTE, _BETWEEN, _BAR = 46, 26, 24, 22, 16, 66
_BAR_WIDTH = 260
_LETTER = 9  # width of a letter of a caption
_COLOURS = (BLUE, VERMILLION)  # of the first group, which is in-distribution, and of all others

Panel = NDArray[np.uint8] | NDArray[np.float64] | None


@dataclass(frozen=True)
class Scale:
    """What the colours of maps mean; maps that may be compared share one.

    Attributes:
        name: of the quantity, with its unit.
        low: value of the darkest colour; values below have it too.
        high: value of the brightest colour, the same.
    """

    name: str
    low: float
    high: float

    @classmethod
    def around_zero(cls, name: str, maps: Sequence[NDArray[np.float64]], share: float = 99.0) -> "Scale":
        """Make a scale that is as long on both sides of 0 and holds so many per cent of the values.

        Example:
            >>> Scale.around_zero("z", [np.array([-4.0, 1.0, np.nan])], share=100)
            Scale(name='z', low=-4.0, high=4.0)
        """
        values = np.concatenate([np.ravel(values) for values in maps])
        values = np.abs(values[np.isfinite(values)])
        end = float(np.percentile(values, share)) if values.size else 0.0
        return cls(name, -(end or 1.0), end or 1.0)


@dataclass(frozen=True, eq=False)
class Strip:
    """A row of panels.

    Attributes:
        label: what is shown, at the left.
        panels: pictures, uint8 ``[C, H, W]``, as :func:`~oodflow.figures.grid.visible` shows them; maps, float
            ``[H, W]``, grey where they are not a number; none: a gap.
        scale: of the maps.
        notes: a short line under each panel; empty: none.
        outline: marks a part of every panel with a frame, boolean ``[H, W]``.
    """

    label: str
    panels: Sequence[Panel]
    scale: Scale | None = None
    notes: Sequence[str] = ()
    outline: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Strips below one another that have the same columns.

    Attributes:
        strips: the rows.
        groups: names of the groups of columns, and how many columns each has.
        headings: over each column; empty: none.
    """

    strips: Sequence[Strip]
    groups: Sequence[tuple[str, int]]
    headings: Sequence[str] = ()


def sheet_figure(blocks: Sequence[Block], *, title: str, caption: Sequence[str] = ()) -> Figure:
    """Draw blocks of small pictures below one another.

    Args:
        blocks: what to draw; all pictures have one size.
        title: written above.
        caption: lines written below, above the colour bars.

    Returns:
        The figure, each pixel of a picture enlarged to a square of a whole number of pixels.

    Raises:
        UsageError: there is nothing to draw, or panels differ in size or do not match the columns.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=(2, 8, 8))
        >>> strip = Strip("latents", list(noise), Scale("z", -3, 3), notes=["r 0.1", "r 0.0"])
        >>> figure = sheet_figure([Block([strip], [("digits", 1), ("noise", 1)])], title="Latents")
    """
    size = _check(blocks)
    factor = max(1, round(_PANEL / max(size)))
    panel = Box(0, 0, size[1] * factor, size[0] * factor)
    widest = max(_lefts(block, panel.width)[-1] for block in blocks)
    width = max(widest + panel.width + _MARGIN, 900)
    scales = list(dict.fromkeys(strip.scale for block in blocks for strip in block.strips if strip.scale is not None))
    bars_in_a_row = max(1, (width - 2 * _MARGIN) // (_BAR_WIDTH + 60))
    bar_rows = -(-len(scales) // bars_in_a_row)
    heights = [_height(block, panel.height) for block in blocks]
    caption = [part for line in caption for part in textwrap.wrap(line, (width - 2 * _MARGIN) // _LETTER)]
    below = _MARGIN + _TITLE + sum(heights) + _BETWEEN * (len(blocks) - 1)
    figure = blank_figure(width, below + 14 + 24 * len(caption) + _BAR * bar_rows + _MARGIN)
    paper = _paper(figure)
    write(figure, _MARGIN, _MARGIN, title, size=11.5, weight="bold", within=width - 2 * _MARGIN)
    top = _MARGIN + _TITLE
    for block, height in zip(blocks, heights, strict=True):
        _draw_block(figure, paper, block, top, panel)
        top += height + _BETWEEN
    for i, line in enumerate(caption):
        write(figure, _MARGIN, below + 14 + 24 * i, line, size=8, color=GREY, within=width - 2 * _MARGIN)
    for i, scale in enumerate(scales):
        left = _MARGIN + (i % bars_in_a_row) * (_BAR_WIDTH + 60)
        _draw_bar(figure, scale, left, below + 24 + 24 * len(caption) + _BAR * (i // bars_in_a_row))
    return figure


def flat(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average maps ``[..., C, H, W]`` over their channels, leaving out what is not a number: ``[..., H, W]``.

    Example:
        >>> flat(np.array([[[1.0, np.nan]], [[3.0, np.nan]]])).tolist()
        [[2.0, nan]]
    """
    numbers = np.isfinite(maps)
    total, count = np.where(numbers, maps, 0.0).sum(-3), numbers.sum(-3)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def coloured(values: NDArray[np.float64], scale: Scale) -> NDArray[np.uint8]:
    """Turn a map ``[H, W]`` into colours, uint8 ``[H, W, 3]``; grey where it is not a number.

    Example:
        >>> coloured(np.array([[np.nan, -9.0, 9.0]]), Scale("s", -1, 1))[0].tolist()
        [[219, 219, 219], [0, 34, 78], [254, 232, 56]]
    """
    span = (np.clip(values, scale.low, scale.high) - scale.low) / ((scale.high - scale.low) or 1.0)
    colours = np.round(255 * matplotlib.colormaps[MAP](np.nan_to_num(span))[..., :3])
    return np.where(np.isnan(values)[..., None], np.round(255 * BLANK), colours).astype(np.uint8)


def _draw_block(figure: Figure, paper: Axes, block: Block, top: int, panel: Box) -> None:
    lefts = _lefts(block, panel.width)
    column = 0
    for i, (name, columns) in enumerate(block.groups):
        if name:
            room = lefts[column + columns - 1] + panel.width - lefts[column]
            write(figure, lefts[column], top, name, size=9, weight="bold", color=_COLOURS[min(i, 1)], within=room)
        column += columns
    top += _GROUP if any(name for name, _ in block.groups) else 0
    for left, heading in zip(lefts, block.headings, strict=False):
        write(figure, left, top, heading, size=7.5, color=GREY, within=panel.width)
    top += _HEADING if block.headings else 0
    for strip in block.strips:
        write(figure, _MARGIN, top + 4, strip.label, size=8.5, within=_LABEL - 16)
        for left, shown in zip(lefts, strip.panels, strict=True):
            if shown is not None:
                edges = (left, left + panel.width, top + panel.height, top)
                pixels = _pixels(shown, strip.scale)
                paper.imshow(pixels, extent=edges, aspect="auto", interpolation="nearest")
                if strip.outline is not None:
                    _frame(paper, strip.outline, left, top, panel.width // pixels.shape[1])
        for left, note in zip(lefts, strip.notes, strict=False):
            write(figure, left, top + panel.height + 2, note, size=7.5, within=panel.width)
        top += panel.height + _GAP + (_NOTE if strip.notes else 0)


def _pixels(panel: NDArray[np.uint8] | NDArray[np.float64], scale: Scale | None) -> NDArray[np.uint8]:
    if panel.dtype == np.uint8:
        picture = np.moveaxis(visible(cast(NDArray[np.uint8], panel)), 0, -1)
        return np.broadcast_to(picture, (*picture.shape[:2], 3))  # a colour map would round grey values
    assert scale is not None, "checked before"
    return coloured(cast(NDArray[np.float64], panel), scale)


def _frame(paper: Axes, part: NDArray[np.bool_], left: int, top: int, factor: int) -> None:
    rows, columns = (np.flatnonzero(part.any(axis)) for axis in (1, 0))
    height, width = (factor * (int(ends[-1]) - int(ends[0]) + 1) for ends in (rows, columns))
    corner = (left + factor * int(columns[0]), top + factor * int(rows[0]))
    paper.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=VERMILLION, linewidth=1.4))


def _paper(figure: Figure) -> Axes:
    """Axes over the whole figure, in pixels from the top left: one for all pictures, for axes are slow to make."""
    width, height = (round(inches * figure.dpi) for inches in figure.get_size_inches())
    paper = axes_at(figure, Box(0, 0, width, height))
    paper.set_axis_off()
    paper.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    return paper


def _draw_bar(figure: Figure, scale: Scale, left: int, top: int) -> None:
    axes = axes_at(figure, Box(left, top + 22, _BAR_WIDTH, 12))
    ramp = np.linspace(scale.low, scale.high, 256)[None]
    aside = 0.5 if scale.low == scale.high else 0.0  # all values are one
    ends = (scale.low - aside, scale.high + aside, 0, 1)
    axes.imshow(coloured(ramp, scale), aspect="auto", extent=ends, interpolation="nearest")
    axes.set_yticks([])
    axes.tick_params(labelsize=7.5, color=GREY, length=2, pad=1)
    axes.locator_params(axis="x", nbins=5)
    write(figure, left, top, scale.name, size=8, within=_BAR_WIDTH + 40)


def _lefts(block: Block, width: int) -> list[int]:
    lefts, left = [], _MARGIN + _LABEL
    for _, columns in block.groups:
        for _ in range(columns):
            lefts.append(left)
            left += width + _GAP
        left += _PARTING
    return lefts


def _height(block: Block, panel: int) -> int:
    head = (_GROUP if any(name for name, _ in block.groups) else 0) + (_HEADING if block.headings else 0)
    return head + sum(panel + _GAP + (_NOTE if strip.notes else 0) for strip in block.strips)


def _check(blocks: Sequence[Block]) -> tuple[int, int]:
    """Refuse what can't be laid out; return height and width of all pictures."""
    sizes = set()
    for block in blocks:
        columns = sum(number for _, number in block.groups)
        for strip in block.strips:
            if len(strip.panels) != columns:
                raise UsageError(f"{strip.label!r} has {len(strip.panels)} panels for {columns} columns.")
            for panel in strip.panels:
                if panel is None:
                    continue
                picture = panel.dtype == np.uint8
                if panel.ndim != (3 if picture else 2) or (picture and not panel.size):
                    raise UsageError(
                        f"a panel of {strip.label!r} is {panel.dtype} {list(panel.shape)}: expected a picture, uint8 "
                        f"[C, H, W], or a map, float [H, W]."
                    )
                if not picture and strip.scale is None:
                    raise UsageError(f"{strip.label!r} shows maps: give it a scale.")
                sizes.add(panel.shape[-2:])
    if len(sizes) != 1:
        raise UsageError(f"the panels of a sheet must have one size but have {len(sizes)}: {sorted(sizes)}.")
    height, width = sizes.pop()
    return height, width
