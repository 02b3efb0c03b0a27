"""Images side by side, as pixels and as a figure."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.errors import UsageError
from oodflow.figures.canvas import Box, blank_figure, show_pixels, write

_WIDTH = 1200  # pixels that a grid comes near to: 8 inches in print
_MARGIN, _TITLE = 20, 50


def grid_array(images: NDArray[np.uint8], columns: int, pad: int = 1) -> NDArray[np.uint8]:
    """Lay images out in rows on white.

    Args:
        images: uint8 [n,C,H,W]; of their channels those that :func:`visible` shows.
        columns: images in a row; the last row may hold fewer.
        pad: white pixels around each image.

    Returns:
        uint8 [height,width,1 or 3], channels last, as TensorBoard's ``dataformats="HWC"`` takes it.

    Raises:
        UsageError: the images are not uint8 [n,C,H,W], there are none, ``columns`` is not
            positive or ``pad`` is negative.

    Example:
        >>> grid_array(np.zeros((5, 3, 8, 8), np.uint8), columns=3).shape  # 2 rows and 3 columns of 8 + 1, and 1 more
        (19, 28, 3)
    """
    check_images("images", images)
    if columns < 1 or pad < 0:
        raise UsageError(f"columns is {columns} and pad is {pad}: expected at least 1 and at least 0.")
    images = visible(images)
    count, channels, height, width = images.shape
    columns = min(columns, count)
    grid = np.full((-(-count // columns), columns, height + pad, width + pad, channels), 255, dtype=np.uint8)
    cells = grid.reshape(-1, height + pad, width + pad, channels)
    cells[:count, pad:, pad:] = images.transpose(0, 2, 3, 1)
    joined = grid.transpose(0, 2, 1, 3, 4).reshape(len(grid) * (height + pad), columns * (width + pad), channels)
    return np.pad(joined, ((0, pad), (0, pad), (0, 0)), constant_values=255)


def image_grid(images: NDArray[np.uint8], columns: int, title: str | None = None) -> Figure:
    """Show images in rows, each pixel enlarged to a square of a whole number of pixels: nothing is blurred.

    Args:
        images: uint8 [n,C,H,W], as for :func:`grid_array`.
        columns: images in a row.
        title: written above them.

    Returns:
        The figure, about 8 inches wide.

    Raises:
        UsageError: as ``grid_array``.

    Example:
        >>> figure = image_grid(np.zeros((6, 1, 28, 28), np.uint8), columns=3, title="Samples")
        >>> len(figure.axes)
        1
    """
    pixels = grid_array(images, columns)
    factor = max(1, round(_WIDTH / pixels.shape[1]))
    height, width = factor * pixels.shape[0], factor * pixels.shape[1]
    top = _MARGIN if title is None else _MARGIN + _TITLE
    figure = blank_figure(width + 2 * _MARGIN, height + top + _MARGIN)
    if title is not None:
        write(figure, _MARGIN + factor, _MARGIN, title, size=11, weight="bold")
    show_pixels(figure, pixels, Box(_MARGIN, top, width, height))
    return figure


def visible(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Choose what is shown of images ``[..., C, H, W]``: the first channel or, of three and more, the first three.

    Example:
        >>> [visible(np.zeros((4, channels, 8, 8), np.uint8)).shape[1] for channels in (1, 2, 3, 5)]
        [1, 1, 3, 3]
    """
    return images[..., : 3 if images.shape[-3] >= 3 else 1, :, :]


def check_images(name: str, images: NDArray[np.uint8]) -> None:
    """Refuse what cannot be shown as images."""
    if images.dtype != np.uint8 or images.ndim != 4 or images.size == 0:
        raise UsageError(
            f"{name} is {images.dtype} {list(images.shape)}: expected uint8 [n,C,H,W] with at least one image."
        )
