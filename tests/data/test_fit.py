import numpy as np
import pytest
from PIL import Image

from oodflow.data.fit import cover, fit, fit_image, with_channels

from .layouts import random_images


def test_celeba_is_resized_and_cut_as_in_the_original():
    """178 x 218 becomes 32 x 39; of the 7 surplus rows 4 go at the top (3.5 rounded half to even) and 3 below."""
    picture = Image.fromarray(random_images(1, 218, 178, 3)[0])
    resized = np.asarray(picture.resize((32, 39), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(np.asarray(cover(picture, (3, 32, 32))), resized[4:36])


@pytest.mark.parametrize(
    ("height", "width", "wanted", "resized"),
    [
        (40, 20, (10, 10), (20, 10)),
        (20, 40, (10, 10), (10, 20)),
        (20, 40, (15, 10), (15, 30)),
        (7, 9, (21, 3), (21, 27)),
    ],
)
def test_the_short_side_fits_and_the_centre_is_kept(height, width, wanted, resized):
    image = random_images(1, 1, height, width)
    whole = fit(image, (1, *resized))
    top, left = (round((have - want) / 2) for have, want in zip(resized, wanted, strict=True))
    expected = whole[:, :, top : top + wanted[0], left : left + wanted[1]]
    np.testing.assert_array_equal(fit(image, (1, *wanted)), expected)


@pytest.mark.parametrize("shape", [None, (3, 8, 9)])
def test_nothing_is_done_without_need(shape):
    images = random_images(4, 3, 8, 9)
    assert fit(images, shape) is images


def test_shrinking_averages():
    checks = np.indices((32, 32)).sum(0) % 2 * 255
    shrunk = fit(checks.astype(np.uint8)[None, None], (1, 8, 8))
    assert abs(shrunk.astype(int) - 127).max() <= 3  # without antialiasing it would be 0 or 255


def test_grey_is_the_luma_of_pillow():
    images = random_images(2, 3, 16, 16)
    expected = [np.asarray(Image.fromarray(image.transpose(1, 2, 0)).convert("L")) for image in images]
    np.testing.assert_array_equal(with_channels(images, 1)[:, 0], expected)


def test_colour_repeats_grey():
    images = random_images(2, 1, 4, 4)
    np.testing.assert_array_equal(with_channels(images, 3), np.concatenate([images] * 3, axis=1))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [None, (1, 5, 6), (3, 5, 6), (3, 8, 9)])
def test_one_picture_as_many(channels, shape):
    images = random_images(1, channels, 8, 9)
    pixels = images[0, 0] if channels == 1 else images[0].transpose(1, 2, 0)
    np.testing.assert_array_equal(fit_image(Image.fromarray(pixels), shape), fit(images, shape)[0])
