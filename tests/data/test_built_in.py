"""Sources that are made, not downloaded."""

import numpy as np
import pytest

from oodflow.data import SPLITS, load
from oodflow.data.sources.photographs import COLUMNS, ROWS, TILE, cuts
from oodflow.errors import UsageError

GENERATED = ("flat", "smooth", "noise")


def all_images(spec, split="test"):
    return load(spec, split).batch(slice(None))


@pytest.mark.parametrize("shape", ["1x28x28", "3x32x32", "3x5x9"])
@pytest.mark.parametrize("name", [*GENERATED, "photographs", "digits", "framed_digits"])
def test_any_shape(name, shape):
    opened = load(f"{name}?shape={shape}", "test")
    assert "x".join(map(str, opened.shape)) == shape
    assert len(np.unique(opened.batch(slice(0, 50)))) > 20


@pytest.mark.parametrize("name", [*GENERATED, "digits"])
def test_nothing_is_to_be_said_of_most(name):
    assert load(name, "test").note == ""


@pytest.mark.parametrize("split", ["calibration", "test", "all"])
def test_patches_are_said_to_overlap(split):
    assert load("photographs", split).note == "overlapping patches of two pictures: intervals are too narrow"
    assert load("photographs", "train").note == ""  # nothing is measured on it


@pytest.mark.parametrize("name", GENERATED)
def test_splits_are_drawn_apart(name):
    assert len({load(name, split).fingerprint for split in SPLITS}) == 3


@pytest.mark.parametrize("name", [*GENERATED, "photographs", "digits"])
def test_native_shapes_are_alike(name):
    assert load(name, "test").shape == (1, 16, 16)  # so that one flow can be asked about all of them


def test_digits_in_frames_lie_as_those_of_mnist_do():
    framed, digits = all_images("framed_digits"), all_images("digits?shape=1x20x20")
    assert framed.shape[1:] == (1, 28, 28)
    np.testing.assert_array_equal(framed[:, :, 4:24, 4:24], digits)
    framed[:, :, 4:24, 4:24] = 0
    assert not framed.any()


def test_nothing_is_written(cache):
    load("photographs", "test", cache=cache)
    assert not cache.exists()


def test_flat_images_have_one_colour():
    images = all_images("flat?shape=3x8x8")
    assert (images == images[:, :, :1, :1]).all()
    assert (np.ptp(images[:, :, 0, 0], axis=1) > 0).mean() > 0.9  # and it is no grey


def test_complexity_grows_from_flat_through_smooth_to_noise():
    def roughness(name):
        images = all_images(name).astype(float)
        return np.abs(np.diff(images, axis=3)).mean()

    assert 0 == roughness("flat") < 5 < roughness("smooth") < 30 < 80 < roughness("noise")


def test_noise_is_uniform():
    images = all_images("noise")
    assert images.min() == 0
    assert images.max() == 255
    assert abs(images.mean() - 127.5) < 0.5


def test_digits_are_white_on_black():
    images = all_images("digits?shape=3x28x28")
    assert len(images) == 1797
    assert images[:, :, :, :2].mean() < 30  # the margin
    assert images.max() > 250
    assert (images[:, 0] == images[:, 2]).all()
    assert all_images("digits").max() == 255


@pytest.mark.parametrize("side", [1, 16, 32, 64])
def test_no_pixel_of_the_photographs_is_in_two_parts(side):
    covered = {}
    for part in SPLITS:
        where = cuts(part, (3, side, side))
        covered[part] = np.zeros((2, ROWS * TILE, COLUMNS * TILE), bool)
        for photograph, top, left in zip(where.photograph, where.top, where.left, strict=True):
            covered[part][photograph, top : top + side, left : left + side] = True
    assert not (covered["train"] & covered["calibration"]).any()
    assert not (covered["train"] & covered["test"]).any()
    assert not (covered["calibration"] & covered["test"]).any()


def test_patches_are_cut_where_they_say():
    from sklearn.datasets import load_sample_images

    pictures = load_sample_images().images
    where = cuts("test", (3, 8, 12))
    images = all_images("photographs?shape=3x8x12")
    for i in (0, 999, 1999):
        top, left = where.top[i], where.left[i]
        expected = pictures[where.photograph[i]][top : top + 8, left : left + 12]
        np.testing.assert_array_equal(images[i].transpose(1, 2, 0), expected)


def test_parts_show_both_photographs_alike():
    for part in SPLITS:
        where = cuts(part, (3, 16, 16))
        assert abs(where.photograph.mean() - 0.5) < 0.05
        places = set(zip(where.photograph.tolist(), where.top.tolist(), where.left.tolist(), strict=True))
        assert len(places) == len(where.top)  # none twice


def test_patches_are_at_most_a_tile():
    with pytest.raises(UsageError, match=r"patches of at most 64 x 64, but \?shape=3x65x8 came"):
        load("photographs?shape=3x65x8", "test")
