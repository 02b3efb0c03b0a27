"""Small pictures as PNG, pixel by pixel: whoever shows them enlarges them."""

import io

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oodflow.figures.grid import visible
from oodflow.figures.sheet import BLANK, MAP, Scale

_LEVELS = 32  # colours of a map: as many as an eye tells apart, in a fraction of the bytes


def image_bytes(image: NDArray[np.uint8], side: int = 1) -> bytes:
    """Write an image, uint8 ``[C, H, W]``, each pixel enlarged by the whole number that brings it near to ``side``.

    Example:
        >>> Image.open(io.BytesIO(image_bytes(np.zeros((1, 8, 8), np.uint8), side=96))).size
        (96, 96)
    """
    factor = max(1, round(side / max(image.shape[-2:])))
    pixels = np.moveaxis(visible(image), 0, -1).repeat(factor, 0).repeat(factor, 1)
    return _png(Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else np.ascontiguousarray(pixels)))


def map_bytes(values: NDArray[np.float64], scale: Scale) -> bytes:
    """Write a map, ``[H, W]``, in the colours of a scale; grey where it is not a number.

    Example:
        >>> Image.open(io.BytesIO(map_bytes(np.zeros((8, 8)), Scale("s", -1, 1)))).mode
        'P'
    """
    span = (np.clip(np.nan_to_num(values), scale.low, scale.high) - scale.low) / ((scale.high - scale.low) or 1.0)
    levels = np.where(np.isnan(values), _LEVELS, np.round(span * (_LEVELS - 1))).astype(np.uint8)
    picture = Image.fromarray(levels)
    colours = np.vstack([matplotlib.colormaps[MAP](np.linspace(0, 1, _LEVELS))[:, :3], np.full((1, 3), BLANK)])
    picture.putpalette(np.round(255 * colours).astype(np.uint8).tobytes())
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, format="png", optimize=True)
    return written.getvalue()
