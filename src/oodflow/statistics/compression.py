"""How many bits lossless compressors need for an image."""

import io
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oodflow.errors import UsageError

COMPRESSORS: dict[str, dict[str, Any]] = {
    # Milliseconds per image 1x28x28 / 3x32x32, one core of the development machine: 0.07 / 0.12.
    "png": {"optimize": True},  # implies zlib's level 9
    # 0.13 / 0.27. Methods 2 to 6 take up to 80 times as long for files that are no smaller at these sizes.
    "webp": {"lossless": True, "method": 1, "quality": 80, "exact": True},
    # 0.12 / 0.45.
    "jpeg2000": {"irreversible": False, "no_jp2": True},  # the bare code stream: less of a header
}
"""Pillow's name of each lossless format and the options to save with."""

USUAL = ("png", "webp")
"""Those that are tried unless told otherwise: JPEG 2000 was never the smallest on 1,500 images of five data sets."""


def compressed_bits(images: NDArray[np.uint8], compressors: Collection[str] = USUAL) -> NDArray[np.float64]:
    r"""Return the size of each image under the compressor that suits it best.

    .. math:: L(x) = 8 \min_c \operatorname{len}(c(x)) \quad\text{over the compressors } c

    Container headers count: they are about the same for all images of a shape, and compressed sizes are only ever
    compared between images of one shape.

    Args:
        images: uint8 [N,C,H,W], grey (C = 1) or RGB (C = 3); the planes of any other are compressed as grey pictures
            below one another, for image files hold none.
        compressors: which of ``COMPRESSORS`` to try.

    Returns:
        float64 [N] in bits.

    Raises:
        UsageError: the images are not uint8.

    Reference:
        Serrà et al., 2020, arXiv 1909.11480, section 3 (the minimum over several compressors).

    Example:
        >>> flat = np.zeros((1, 1, 28, 28), dtype=np.uint8)
        >>> noise = np.random.default_rng(0).integers(0, 256, flat.shape, dtype=np.uint8)
        >>> bool(compressed_bits(flat)[0] < compressed_bits(noise)[0])
        True
    """
    pictures = [as_picture(image) for image in images]
    return np.array([8 * min(len(compress(p, c)) for c in compressors) for p in pictures], dtype=np.float64)


def installed(compressor: str) -> bool:
    """Tell whether this Pillow can write the format."""
    from PIL import features

    return compressor != "jpeg2000" or bool(features.check("jpg_2000"))


def compress(picture: Image.Image, compressor: str) -> bytes:
    """Return the whole file that one of ``COMPRESSORS`` makes of a picture."""
    file = io.BytesIO()
    picture.save(file, compressor, **COMPRESSORS[compressor])
    return file.getvalue()


def as_picture(image: NDArray[np.uint8]) -> Image.Image:
    """Return uint8 [C,H,W] as a Pillow picture, grey or RGB, or of other channels grey ones below one another."""
    if image.dtype != np.uint8 or image.ndim != 3:
        raise UsageError(
            f"an image to compress is {image.dtype} {list(image.shape)}: expected uint8 [C,H,W]; scores that compress "
            "are for 8-bit images only."
        )
    if len(image) == 3:
        return Image.fromarray(image.transpose(1, 2, 0).copy())
    return Image.fromarray(image.reshape(-1, image.shape[2]))
