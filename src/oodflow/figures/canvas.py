"""A figure laid out in whole pixels, so that images on it stay sharp, and the looks that all figures share."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from oodflow.files import legible

DPI = 150
_SMALLEST = 5  # points that can still be read
INK, GREY, FAINT = "#222222", "#666666", "#d8d8d8"
# Okabe and Ito's palette: told apart under every common colour blindness.
BLUE, VERMILLION = "#0072B2", "#D55E00"


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels from the top left corner of a figure."""

    left: int
    top: int
    width: int
    height: int


def blank_figure(width: int, height: int) -> Figure:
    """Return an empty white figure of so many pixels at ``DPI``, drawn by Agg without any pyplot state."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def axes_at(figure: Figure, box: Box) -> Axes:
    """Return new axes that fill a box."""
    width, height = (round(inches * figure.dpi) for inches in figure.get_size_inches())
    bottom = height - box.top - box.height
    return figure.add_axes((box.left / width, bottom / height, box.width / width, box.height / height))


def text_width(text: str, size: float) -> float:
    """Measure text of so many points, in pixels at ``DPI``."""
    figure = blank_figure(DPI, DPI)
    return _width(figure.text(0, 0, legible(text), fontsize=size, parse_math=False))


def write(
    figure: Figure, left: int, top: int, text: str, *, size: float = 9, within: int | None = None, **looks: Any
) -> None:
    """Write text whose top left corner is so many pixels from the figure's, made to fit if wider than ``within``."""
    width, height = (inches * figure.dpi for inches in figure.get_size_inches())
    style = {"ha": "left", "va": "top", "color": INK, "fontsize": size, **looks}
    # A name may hold a dollar sign: it is no formula.
    written = figure.text(left / width, 1 - top / height, legible(text), parse_math=False, **style)
    if within is not None:
        _fit(written, within)


def _fit(written: Text, within: int) -> None:
    """Make text smaller until it is no wider than so many pixels, and cut what is still too long."""
    wide = _width(written)
    if wide > within:
        written.set_fontsize(max(_SMALLEST, 0.98 * float(written.get_fontsize()) * within / wide))
    text = written.get_text()
    while text and (wide := _width(written)) > within:
        text = text[: min(len(text) - 1, int(len(text) * within / wide))]
        written.set_text(f"{text} …")


def _width(written: Text) -> float:
    with any_letters():
        return float(written.get_window_extent().width)


@contextmanager
def any_letters() -> Iterator[None]:
    """Let letters that the font lacks, which are drawn as boxes, be no matter for a warning: names may have any."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ ", UserWarning)
        yield


def show_pixels(figure: Figure, picture: NDArray[np.uint8], within: Box) -> None:
    """Show uint8 [H,W,1 or 3] as large as a box allows, from its top left corner."""
    height, width, _ = picture.shape
    factor = min(enlargement(height, within.height), enlargement(width, within.width))
    axes = axes_at(figure, Box(within.left, within.top, round(width * factor), round(height * factor)))
    axes.set_axis_off()
    colored = np.broadcast_to(picture, (height, width, 3))  # a colour map would round grey values
    axes.imshow(colored, aspect="auto", interpolation="nearest" if factor >= 1 else "antialiased")


def enlargement(size: int, available: int) -> float:
    """Return the factor that fits a size into the pixels available: a whole number where it enlarges."""
    return available // size if size <= available else available / size
