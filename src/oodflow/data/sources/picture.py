"""Decode one picture file, whatever its format, to grey or colour of 8 bits."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oodflow.data.fit import fit_image
from oodflow.data.image_set import Images, Shape
from oodflow.errors import OodflowError

if TYPE_CHECKING:
    from PIL import Image


FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # others may be programs, as PostScript is
MOST_BYTES = 1 << 28
MOST_PIXELS = 1 << 26


def decode(content: bytes, name: str) -> "Image.Image":
    """Decode a file's content to mode L (grey) or RGB, upright, first frame, without transparency.

    Args:
        content: the bytes of the file.
        name: what the error calls the file.

    Raises:
        OodflowError: it is damaged, in none of :data:`FORMATS`, or larger than a picture of :data:`MOST_PIXELS`.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # said below, and by a sentence
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ValueError(f"{image.width:,} x {image.height:,} pixels: at most {MOST_PIXELS:,} are decoded")
                return _plain(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise _unreadable(name, "its format is not known") from error
    except Exception as error:  # a damaged picture fails in whatever way its bytes suggest
        raise _unreadable(name, str(error) or type(error).__name__) from error


def pixels(content: bytes, name: str, shape: Shape | None) -> Images:
    """Decode a file's content and bring it to a shape, uint8 ``[C,H,W]``; errors as :func:`decode`.

    Raises:
        OodflowError: also where a picture is so long and thin that it would be too large before it is cut.
    """
    image = decode(content, name)
    if shape is not None:
        scale = max(shape[1] / image.height, shape[2] / image.width)
        if scale**2 * image.width * image.height > MOST_PIXELS:
            why = f"of {image.width:,} x {image.height:,} pixels nearly all would be cut off"
            raise _unreadable(name, why)
    return fit_image(image, shape)


def read_bytes(path: Path) -> bytes:
    """Read a picture file, unless it is longer than any picture.

    Raises:
        OodflowError: it has more than :data:`MOST_BYTES`.
    """
    if (size := path.stat().st_size) > MOST_BYTES:
        raise _unreadable(str(path), f"it has {size:,} bytes: at most {MOST_BYTES:,} are read")
    return path.read_bytes()


def _unreadable(name: str, why: str) -> OodflowError:
    return OodflowError(f"{name}: this picture cannot be read ({why}): repair or remove it.")


def _plain(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode.startswith("I"):  # grey of 16 bits: Pillow would cut values at 255 instead of scaling them
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    return image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
