"""Bring images to a wanted shape: resize so that the short side fits, cut the centre, convert grey and colour."""

from typing import TYPE_CHECKING

import numpy as np

from oodflow.data.image_set import Images, Shape
from oodflow.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image


def fit(images: Images, shape: Shape | None, bicubic: bool = False) -> Images:
    """Bring uint8 ``[n,C,H,W]`` to ``[n,*shape]``; None leaves them as they are. Errors as :func:`with_channels`.

    Resizing is bilinear with antialiasing (or ``bicubic``), as in the original experiments.

    Example:
        >>> fit(np.zeros((5, 3, 178, 218), np.uint8), (1, 32, 32)).shape
        (5, 1, 32, 32)
    """
    from PIL import Image

    if shape is None or images.shape[1:] == shape:
        return images
    channels, *size = shape
    if list(images.shape[2:]) != size:
        how = Image.Resampling.BICUBIC if bicubic else Image.Resampling.BILINEAR
        if images.shape[1] in (1, 3):
            pictures = (Image.fromarray(picture) for picture in _channels_last(images))
            images = _channels_first([np.asarray(cover(picture, shape, how)) for picture in pictures])
        else:
            planes = (Image.fromarray(plane) for plane in images.reshape(-1, *images.shape[2:]))
            fitted = np.stack([np.asarray(cover(plane, shape, how)) for plane in planes])
            images = fitted.reshape(len(images), -1, *size)
    return with_channels(images, channels)


def fit_image(image: "Image.Image", shape: Shape | None) -> Images:
    """Bring one grey (mode L) or RGB picture to uint8 ``[C,H,W]``; None keeps its size and channels."""
    pixels = _channels_first([np.asarray(cover(image, shape) if shape else image)])
    return np.ascontiguousarray(with_channels(pixels, shape[0] if shape else pixels.shape[1])[0])


def cover(image: "Image.Image", shape: Shape, how: int | None = None) -> "Image.Image":
    """Resize a picture so that it just covers ``H x W``, then cut out the centre.

    The long side is rounded down and the offset of the cut is rounded half to even, so that a CelebA picture of
    178 x 218 becomes 32 x 39 and loses 4 rows at the top: what torchvision's ``Resize`` and ``CenterCrop`` do.
    """
    from PIL import Image

    _, height, width = shape
    if height * image.width >= width * image.height:
        new_height, new_width = height, image.width * height // image.height
    else:
        new_height, new_width = image.height * width // image.width, width
    resized = image.resize((new_width, new_height), Image.Resampling.BILINEAR if how is None else how)
    left, top = round((new_width - width) / 2), round((new_height - height) / 2)
    return resized.crop((left, top, left + width, top + height))


def with_channels(images: Images, channels: int) -> Images:
    """Convert ``[n,C,H,W]`` to grey (1) or colour (3): ITU-R 601 luma one way, repeating the other way.

    Raises:
        UsageError: for other numbers of channels.

    Example:
        >>> red = np.array([255, 0, 0], np.uint8).reshape(1, 3, 1, 1)
        >>> with_channels(red, 1).item()
        76
    """
    if images.shape[1] == channels:
        return images
    if {images.shape[1], channels} != {1, 3}:
        raise UsageError(
            f"images of {images.shape[1]} channels can't be made such of {channels}: only grey ones and such of three "
            f"colours are turned into each other; ask for the shape {images.shape[1]}xHxW."
        )
    if channels == 3:
        return np.repeat(images, 3, axis=1)
    # The integer weights of Pillow's mode L: 0.299, 0.587 and 0.114 in units of 2^-16, rounded.
    red, green, blue = (images[:, i : i + 1].astype(np.uint32) for i in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16).astype(np.uint8)


def _channels_last(images: Images) -> Images:
    return images[:, 0] if images.shape[1] == 1 else np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def _channels_first(pictures: list[Images]) -> Images:
    stack = np.stack(pictures)
    return stack[:, None] if stack.ndim == 3 else np.ascontiguousarray(stack.transpose(0, 3, 1, 2))
