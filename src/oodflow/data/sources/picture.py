"""Decode one picture file, whatever its format, to grey or colour of 8 bits."""

import io
from typing import TYPE_CHECKING

import numpy as np

from oodflow.errors import OodflowError

if TYPE_CHECKING:
    from PIL import Image


def decode(content: bytes, name: str) -> "Image.Image":
    """Decode a file's content to mode L (grey) or RGB, upright, first frame, without transparency.

    Args:
        content: the bytes of the file.
        name: what the error calls the file.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            return _plain(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        why = "its format is not known" if isinstance(error, UnidentifiedImageError) else str(error)
        raise OodflowError(f"{name}: this picture cannot be read ({why}): repair or remove it.") from error


def _plain(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode.startswith("I"):  # grey of 16 bits: Pillow would cut values at 255 instead of scaling them
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    return image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
