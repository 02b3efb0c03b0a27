"""Means and their intervals."""

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.metrics import difference, estimate, mean


def test_the_interval_of_a_mean_is_about_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    found = mean(values)
    assert found.value == pytest.approx(values.mean())
    half = 1.96 * values.std() / 20
    assert found.low == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.15 * half)


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    found = [mean(rng.exponential(1.0, 100), seed=seed) for seed in range(200)]
    assert 0.87 < np.mean([one.low <= 1 <= one.high for one in found]) < 0.99


def test_what_could_not_be_measured_is_left_out():
    assert mean(np.array([1.0, np.nan, 3.0])).value == 2.0
    assert np.isnan(mean(np.array([np.nan])).value)


def test_a_ratio_of_sums():
    parts = np.random.default_rng(0).uniform(1, 2, (50, 2))
    found = estimate(parts)
    assert found.value == pytest.approx(parts[:, 0].sum() / parts[:, 1].sum())
    assert found.low < found.value < found.high
    assert estimate(parts) == found
    assert estimate(parts, seed=1) != found


def test_no_images():
    with pytest.raises(UsageError, match=r"parts is \[0, 2\]"):
        estimate(np.empty((0, 2)))


def r2(sums):
    errors, squares, total, count = np.moveaxis(sums, -1, 0)
    return 1 - errors / (squares - total**2 / count)


def predictions(rng, images, error):
    """What each image adds to the sums of R², of 20 numbers each that are predicted with an error."""
    truth = rng.normal(size=(images, 20))
    misses = rng.normal(0, error, size=truth.shape)
    return np.stack([(misses**2).sum(1), (truth**2).sum(1), truth.sum(1), np.full(images, 20.0)], 1)


def directly(first, second, statistic, paired, replicates=4000):
    """The definition: draw images by their numbers, and compute everything anew from those drawn."""
    rng = np.random.default_rng(9)
    found = []
    for _ in range(replicates):
        one = rng.integers(len(first), size=len(first))
        other = one if paired else rng.integers(len(second), size=len(second))
        found.append(statistic(second[other].sum(0)) - statistic(first[one].sum(0)))
    return np.percentile(found, [2.5, 97.5])


@pytest.mark.parametrize("paired", [True, False])
def test_the_interval_of_a_difference_is_that_of_drawing_images_one_by_one(paired):
    rng = np.random.default_rng(2)
    first = predictions(rng, 60, 0.5)
    second = first + np.stack([rng.normal(0.4, 0.5, 60), *np.zeros((3, 60))], 1)  # the same images, predicted worse
    found = difference(first, second, r2, paired=paired, replicates=4000)
    assert found.value == pytest.approx(r2(second.sum(0)) - r2(first.sum(0)), abs=1e-12)
    assert (found.low, found.high) == pytest.approx(directly(first, second, r2, paired), abs=0.001)
    assert found.low < found.value < found.high


def test_pairs_tell_apart_what_sides_do_not():
    rng = np.random.default_rng(3)
    first = rng.normal(0, 5.0, 100)
    second = first + rng.normal(0.2, 0.1, 100)
    pairs, sides = difference(first, second, paired=True), difference(first, second)
    assert pairs.value == pytest.approx(sides.value) == pytest.approx((second - first).mean())
    assert sides.low < 0 < pairs.low
    of_differences = mean(second - first)  # of means, it is the mean of the differences
    assert (pairs.low, pairs.high) == pytest.approx((of_differences.low, of_differences.high))


def test_a_pair_of_which_one_was_not_measured_is_left_out():
    first, second = np.array([1.0, np.nan, 3.0]), np.array([2.0, 9.0, np.nan])
    assert difference(first, second, paired=True).value == 1.0
    assert difference(first, second).value == 3.5
    assert np.isnan(difference(first, np.full(3, np.nan)).value)
    with pytest.raises(UsageError, match="there are 3 and 2 images: paired, they must be the same"):
        difference(first, second[:2], paired=True)
