"""Latents of a part of the image, drawn anew."""

import numpy as np
import pytest

from oodflow.analysis import centre_square, change, resample
from oodflow.errors import UsageError

from .flows import CONFIGS, images_of, still


@pytest.mark.parametrize("name", CONFIGS)
def test_a_flow_that_changes_nothing_keeps_the_surround_to_the_last_pixel(name):
    flow = still(name)
    images = images_of(flow.shape)
    square = centre_square(*flow.shape[1:], side=4)
    resampled = resample(flow, images, square, seed=0)
    np.testing.assert_array_equal(resampled[:, :, ~square], images[:, :, ~square])
    assert (resampled[:, :, square] != images[:, :, square]).mean() > 0.9
    changed = change(images, resampled, square)
    assert (changed.surround == 0).all()
    assert (changed.inside > 10).all()


def test_latents_of_nothing_but_zeros_are_the_middle_grey():
    flow = still("realnvp, 2 scales")
    square = centre_square(*flow.shape[1:], side=4)
    cold = resample(flow, images_of(flow.shape), square, seed=0, temperature=0.0)
    assert (cold[:, :, square] == 128).all()


def test_the_same_generator_gives_the_same_images():
    flow = still("glow, 3 scales")
    square = centre_square(*flow.shape[1:], side=4)
    first, again = (resample(flow, images_of(flow.shape), square, seed=0) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_bad_squares():
    flow = still("realnvp, 2 scales")
    with pytest.raises(UsageError, match="side is 8: expected 1 to 7"):
        centre_square(8, 12, side=8)
    with pytest.raises(UsageError, match=r"square is bool \[4, 4\]: expected bool \[8, 12\]"):
        resample(flow, images_of(flow.shape), np.ones((4, 4), bool), seed=0)
