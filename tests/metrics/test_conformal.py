"""Conformal p-values and thresholds: the guarantee itself, by drawing from it, and where there can be none."""

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.metrics import conformal_p_values, conformal_threshold


def test_p_values_count_those_that_are_at_least_as_far_out():
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 20, 50).astype(float)
    values = rng.integers(-2, 25, 30).astype(float)
    expected = [(1 + sum(reference >= value)) / 51 for value in values]
    assert conformal_p_values(reference, values).tolist() == pytest.approx(expected)


def test_p_values_of_the_same_distribution_are_valid():
    rng = np.random.default_rng(0)
    p = conformal_p_values(rng.normal(size=4000), rng.normal(size=4000))
    for level in 0.01, 0.05, 0.5:
        assert (p <= level).mean() == pytest.approx(level, rel=0.25)


@pytest.mark.parametrize("fpr", [0.01, 0.05, 0.1, 0.5])
@pytest.mark.parametrize("draw", ["normal", "few values"])
def test_what_lies_above_has_a_p_value_of_at_most_the_rate(fpr, draw):
    rng = np.random.default_rng(0)
    for size in 99, 100, 250:
        reference, new = (
            rng.normal(size=n) if draw == "normal" else rng.integers(0, 30, n).astype(float) for n in (size, 300)
        )
        above = new > conformal_threshold(reference, fpr)
        assert (above == (conformal_p_values(reference, new) <= fpr + 1e-12)).all()


def test_the_guarantee_holds_and_is_not_wasteful():
    """Over 20,000 draws of 39 scores and a new one: a rate of exactly 10 %, for 0.1 · 40 is a whole number."""
    rng = np.random.default_rng(1)
    draws = rng.exponential(size=(20_000, 40))
    alarms = [row[-1] > conformal_threshold(row[:-1], 0.1) for row in draws]
    assert np.mean(alarms) == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 20_000))


def test_a_rate_that_rounds_to_just_below_a_whole_number_counts_as_it():
    assert 0.29 * 100 < 29
    assert conformal_threshold(np.arange(99.0), 0.29) == 70.0


def test_the_rate_that_needs_just_so_many_images():
    assert conformal_threshold(np.arange(19.0), 0.05) == 18.0
    with pytest.raises(
        UsageError, match=r"18 held-out scores can't promise 5 % .*: it takes 19 or more, or an fpr from 0.0527"
    ):
        conformal_threshold(np.arange(18.0), 0.05)
    assert conformal_threshold(np.arange(18.0), 0.0527) == 17.0


@pytest.mark.parametrize("fpr", [0, 1, -0.1, 5, "0.1", None, float("nan")])
def test_a_rate_is_between_0_and_1(fpr):
    with pytest.raises(UsageError, match="expected a rate between 0 and 1"):
        conformal_threshold([1.0, 2.0], fpr)


def test_scores_that_are_no_numbers_have_no_threshold():
    with pytest.raises(UsageError, match="reference"):
        conformal_threshold([1.0, np.nan] * 20, 0.1)
