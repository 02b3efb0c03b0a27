"""Decode one picture file to grey or colour of 8 bits."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oodflow.data.fit import fit_image
from oodflow.data.image_set import Images, Shape
from oodflow.data.pixel_range import MEDICAL, WORDS, PixelRange
from oodflow.errors import OodflowError

if TYPE_CHECKING:
    from PIL import Image


FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # others may be programs, as PostScript is
MOST_BYTES = 1 << 28
MOST_PIXELS = 1 << 26


class Unreadable(OodflowError):
    """A picture is damaged, of no known format, or too large.

    Attributes:
        why: in words.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: this picture cannot be read ({why}): repair or remove it.")
        self.why = why


def decode(content: bytes, name: str, limits: PixelRange | None = None) -> "Image.Image":
    """Decode a file's content to mode L (grey) or RGB, upright, first frame, without transparency.

    Args:
        content: the bytes of the file.
        name: what the error calls the file.
        limits: black and white; without: what the picture tells of itself.

    Raises:
        Unreadable: it is damaged, in none of :data:`FORMATS`, or larger than a picture of :data:`MOST_PIXELS`.
        OodflowError: nothing tells what is black and white in it.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # said below, and by a sentence
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ValueError(f"{image.width:,} x {image.height:,} pixels: at most {MOST_PIXELS:,} are decoded")
                _require_depth(image, limits, name)
                upright = ImageOps.exif_transpose(image)
                upright.format = image.format
                return _plain(upright, limits, name)
    except OodflowError:
        raise
    except UnidentifiedImageError as error:
        raise Unreadable(name, "its format is not known") from error
    except Exception as error:  # a damaged picture fails in whatever way its bytes suggest
        raise Unreadable(name, str(error) or type(error).__name__) from error


def pixels(content: bytes, name: str, shape: Shape | None, limits: PixelRange | None = None) -> Images:
    """Decode a file's content and bring it to a shape, uint8 ``[C,H,W]``; errors as :func:`decode`.

    Raises:
        Unreadable: also where a picture is so long and thin that it would be too large before it is cut.
    """
    image = decode(content, name, limits)
    if shape is not None:
        scale = max(shape[1] / image.height, shape[2] / image.width)
        if scale**2 * image.width * image.height > MOST_PIXELS:
            why = f"of {image.width:,} x {image.height:,} pixels nearly all would be cut off"
            raise Unreadable(name, why)
    return fit_image(image, shape)


def read_bytes(path: Path) -> bytes:
    """Read a picture file, unless it is longer than any picture.

    Raises:
        Unreadable: it has more than :data:`MOST_BYTES`.
    """
    if (size := path.stat().st_size) > MOST_BYTES:
        raise Unreadable(str(path), f"it has {size:,} bytes: at most {MOST_BYTES:,} are read")
    return path.read_bytes()


def _of_unknown_depth(name: str, why: str, remedy: str) -> OodflowError:
    return OodflowError(f"{name}: this picture cannot be read ({why}): {remedy}.")


def _plain(image: "Image.Image", limits: PixelRange | None, name: str) -> "Image.Image":
    from PIL import Image

    if image.mode in ("F", "I") or image.mode.startswith("I;"):
        values = np.asarray(image)
        limits = limits or _known(image, values, name)
        return Image.fromarray(limits.to_bytes(values, name))
    plain = image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
    return plain if limits is None else Image.fromarray(limits.to_bytes(np.asarray(plain), name))


def _require_depth(image: "Image.Image", limits: PixelRange | None, name: str) -> None:
    """Refuse colours of 16 bits where the upper 8, which are all that comes of them, are not what was meant."""
    deep = image.mode in ("RGB", "RGBA", "LA") and any(";16" in str(tile[3]) for tile in getattr(image, "tile", []))
    if deep and (limits is not None or max(high for _, high in np.atleast_2d(image.getextrema())) <= MEDICAL >> 8):
        why = "its colours have 16 bits, of which it needs no more than 12, or others than all were named"
        raise _of_unknown_depth(name, why, "bring it to 8 bits for each colour")


def _known(image: "Image.Image", values: npt.NDArray[Any], name: str) -> PixelRange:
    """Tell black and white of a grey picture of more than 8 bits: known of words of 16 that need more than 12."""
    words = image.mode.startswith("I;16") or image.format == "PPM"  # of which Pillow makes words
    if words and values.max() > MEDICAL:
        return WORDS
    kind = "16 bits, of which it needs no more than 12" if words else f"{values.dtype}"
    raise _of_unknown_depth(
        name,
        f"its values, of {kind}, go from {values.min():g} to {values.max():g}",
        "say with ?range=LOW,HIGH what is black and white",
    )
