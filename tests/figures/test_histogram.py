import numpy as np
import pytest

from oodflow.figures.histogram import beyond, shared_range, step_heights


def test_the_axis_shows_everything_that_is_not_far_out_for_all():
    rng = np.random.default_rng(0)
    near, far = rng.normal(3, 0.5, 2000), rng.normal(12, 0.5, 50)
    low, high = shared_range([near, far])
    assert low < near.min() < far.max() < high
    assert beyond(near, low, high) == beyond(far, low, high) == ("", "")


def test_single_extremes_do_not_stretch_the_axis_and_are_counted():
    values = np.concatenate([np.linspace(2, 4, 1997), [-50.0, 90.0, 1e6]])
    low, high = shared_range([values])
    assert -10 < low < 2 < 4 < high < 20
    assert beyond(values, low, high) == ("← 1 of 2,000 beyond the axis", "2 of 2,000 beyond the axis →")


def test_what_is_far_out_for_one_set_shows_where_another_set_lies():
    values = np.append(np.linspace(2, 4, 100), 12.0)
    low, high = shared_range([values, np.linspace(11, 13, 100)])
    assert beyond(values, low, high) == ("", "")


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [3.0, 4.0], [3.0] * 99 + [4.0]])
def test_few_or_equal_values_still_get_an_axis(values):
    low, high = shared_range([np.array(values)])
    assert low < 3.0 < high
    heights, edges = step_heights(np.array(values), low, high)
    assert heights.max() == 1.0
    assert edges.size == heights.size + 1


def test_heights_are_proportional_to_counts():
    heights, edges = step_heights(np.array([0.5] * 6 + [2.5] * 3 + [9.0]), 0.0, 10.0)
    assert (heights[0], heights[-1]) == (1.0, pytest.approx(1 / 6))
    assert edges[0] <= 0.5 < 9.0 <= edges[-1]


def test_an_axis_elsewhere_draws_nothing():
    heights, _ = step_heights(np.array([1.0, 2.0]), 5.0, 6.0)
    assert heights.size == 0
