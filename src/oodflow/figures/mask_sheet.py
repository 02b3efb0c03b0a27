"""What each coupling of a row sees and what it changes, and what a squeeze does."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.errors import UsageError
from oodflow.figures.canvas import BLUE, GREY, VERMILLION, Box, blank_figure, show_pixels, write

NEITHER, SEEN, CHANGED = 0, 1, 2

_MARGIN, _GAP, _LABEL, _PANEL = 24, 18, 200, 160  # pixels
_TITLE, _HEADING, _LEGEND = 44, 34, 64
# Okabe and Ito's palette again: one colour for each place in a 2x2 block.
_PLACES = (BLUE, VERMILLION, "#009E73", "#E69F00")


def mask_figure(image: NDArray[np.uint8], masks: Mapping[str, Sequence[NDArray[np.integer]]]) -> Figure:
    """Draw masks over an image, a row each, and above them how a squeeze takes the image apart.

    Args:
        image: uint8 [H,W], H and W even.
        masks: by name, the maps of couplings in a row: [H,W] of ``NEITHER``, ``SEEN`` and ``CHANGED``.

    Returns:
        The figure. What a coupling sees is the image, what it changes is orange, and what it does neither with is pale.

    Raises:
        UsageError: the image can't be squeezed, or a map has another shape.
    """
    _check(image, masks)
    columns = max(4, *(len(maps) for maps in masks.values()))
    total = 2 * _MARGIN + _LABEL + columns * _PANEL + (columns - 1) * _GAP
    rows = len(masks) + 1
    figure = blank_figure(total, 2 * _MARGIN + _TITLE + 2 * _HEADING + rows * (_PANEL + _GAP) + _LEGEND)

    def panel(row: int, column: float, headings: int, picture: NDArray[np.uint8], size: int = _PANEL) -> None:
        left = round(_MARGIN + _LABEL + column * (_PANEL + _GAP))
        top = _MARGIN + _TITLE + headings * _HEADING + row * (_PANEL + _GAP)
        show_pixels(figure, picture, Box(left, top, size, size))

    def label(row: int, headings: int, name: str) -> None:
        top = _MARGIN + _TITLE + headings * _HEADING + row * (_PANEL + _GAP)
        write(figure, _MARGIN, top, name, size=10, within=_LABEL - 16)

    write(figure, _MARGIN, _MARGIN, "What a coupling sees and what it changes", size=12, weight="bold")
    _write_headings(figure, 0, ("the image", "pixel to channel", "the four channels"))
    label(0, 1, "squeeze")
    panel(0, 0, 1, _grey(image))
    panel(0, 1, 1, _places(image))
    panel(0, 2, 1, _channels(image))
    _write_headings(figure, 1, [f"coupling {i + 1}" for i in range(columns)])
    for row, (name, maps) in enumerate(masks.items(), 1):
        label(row, 2, name)
        for column, which in enumerate(maps):
            panel(row, column, 2, tinted(image, which))
    bottom = _MARGIN + _TITLE + 2 * _HEADING + rows * (_PANEL + _GAP) + 8
    legend = "Orange: what the coupling changes. As it is: what it sees. Pale: neither."
    more = "Channel-wise masks act on the channels of a squeezed image; they are drawn on its pixels."
    write(figure, _MARGIN, bottom, legend, size=8.5, color=GREY)
    write(figure, _MARGIN, bottom + 26, more, size=8.5, color=GREY)
    return figure


def _check(image: NDArray[np.uint8], masks: Mapping[str, Sequence[NDArray[np.integer]]]) -> None:
    if image.ndim != 2 or image.dtype != np.uint8 or image.shape[0] % 2 or image.shape[1] % 2:
        raise UsageError(f"image is {image.dtype} {list(image.shape)}: expected uint8 [H,W] with even H and W.")
    for name, maps in masks.items():
        if not maps or any(which.shape != image.shape for which in maps):
            raise UsageError(f"the maps of {name} must be {list(image.shape)}, as the image, and there must be some.")


def _write_headings(figure: Figure, block: int, headings: Sequence[str]) -> None:
    top = _MARGIN + _TITLE + block * (_HEADING + _PANEL + _GAP)
    for column, text in enumerate(headings):
        write(figure, _MARGIN + _LABEL + column * (_PANEL + _GAP), top, text, size=8.5, color=GREY)


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image[..., None].repeat(3, axis=2)


def tinted(image: NDArray[np.uint8], which: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Tint what a coupling changes and fade what it neither sees nor changes: uint8 ``[H, W]`` to ``[H, W, 3]``."""
    picture = _mixed(_grey(image), VERMILLION, 0.7, which == CHANGED)
    return _mixed(picture, "white", 0.85, which == NEITHER)


def _places(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Tint each pixel in the colour of the channel that it becomes."""
    rows, columns = np.indices(image.shape)
    picture = _grey(image)
    for place, colour in enumerate(_PLACES):
        picture = _mixed(picture, colour, 0.65, 2 * (rows % 2) + columns % 2 == place)
    return picture


def _channels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put the four channels, each in a frame of its colour, into a square."""
    framed = []
    for place, colour in enumerate(_PLACES):
        channel = _grey(image[place // 2 :: 2, place % 2 :: 2])
        frame = np.round(255 * np.array(to_rgb(colour))).astype(np.uint8)
        height, width, _ = channel.shape
        picture = np.empty((height + 2, width + 2, 3), dtype=np.uint8)
        picture[:] = frame
        picture[1:-1, 1:-1] = channel
        framed.append(np.pad(picture, ((0, 1), (0, 1), (0, 0)), constant_values=255))
    return np.concatenate([np.concatenate(framed[:2], axis=1), np.concatenate(framed[2:], axis=1)])


def _mixed(picture: NDArray[np.uint8], colour: str, share: float, where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    mixed = (1 - share) * picture + share * 255 * np.array(to_rgb(colour))
    return np.where(where[..., None], np.round(mixed), picture).astype(np.uint8)
