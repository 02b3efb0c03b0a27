"""Means and their intervals."""

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.metrics import estimate, mean


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
