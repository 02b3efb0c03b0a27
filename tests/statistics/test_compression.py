import io

import numpy as np
import pytest
from PIL import Image

from oodflow.errors import UsageError
from oodflow.statistics.compression import COMPRESSORS, USUAL, as_picture, compress, compressed_bits

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 7, 13), (3, 1, 1)]


def pictures(shape):
    """Noise, a smooth gradient and a blank: what entropy coding, prediction and run lengths are for."""
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    smooth = np.broadcast_to(np.linspace(0, 255, shape[-1]), shape).astype(np.uint8)
    return np.stack([noise, smooth, np.full(shape, 200, np.uint8)])


@pytest.mark.parametrize("compressor", COMPRESSORS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_is_lossless(compressor, shape):
    for image in pictures(shape):
        with Image.open(io.BytesIO(compress(as_picture(image), compressor))) as opened:
            assert opened.format == compressor.upper()
            decoded = np.asarray(opened.convert("L" if shape[0] == 1 else "RGB"))
        np.testing.assert_array_equal(np.atleast_3d(decoded).transpose(2, 0, 1), image)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_takes_the_smallest_file(shape):
    images = pictures(shape)
    sizes = [[len(compress(as_picture(image), c)) for c in USUAL] for image in images]
    assert compressed_bits(images).tolist() == [8 * min(row) for row in sizes]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)], ids=str)
def test_simpler_images_are_smaller(shape):
    noise, smooth, blank = compressed_bits(pictures(shape))
    assert blank < smooth < noise
    assert noise > 8 * np.prod(shape)  # noise does not compress: all its bytes and a header


def test_planes_of_other_channels_are_compressed_below_one_another():
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 8, 9), dtype=np.uint8)
    np.testing.assert_array_equal(compressed_bits(images), compressed_bits(images.reshape(3, 1, 40, 9)))


@pytest.mark.parametrize(
    "images",
    [np.zeros((1, 8, 8), np.uint8), np.zeros((1, 1, 8, 8), np.float32)],
    ids=["no axis of channels", "float"],
)
def test_other_images_are_refused(images):
    with pytest.raises(UsageError, match=r"an image to compress is .*expected uint8"):
        compressed_bits(images)
