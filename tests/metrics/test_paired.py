"""Two scores of the same images: the variance by its definition, the interval by drawing, and what can't be said."""

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.metrics import auroc, auroc_difference


def pair(rng, images_in, images_out, shift=1.0):
    """Two scores that share half of what they see, ``shift`` apart out of distribution; the first is the better."""
    common = rng.normal(size=images_in), rng.normal(shift, 1, images_out)
    return [tuple(side + rng.normal(0, noise, len(side)) for side in common) for noise in (0.5, 1.0)]


def brute_variance(first, second):
    """Sum over images of what the area loses or gains with each, as DeLong and others define it."""
    total = 0.0
    kernels = [(out[None] > ins[:, None]) + 0.5 * (out[None] == ins[:, None]) for ins, out in (first, second)]
    for axis in (1, 0):
        components = kernels[0].mean(axis) - kernels[1].mean(axis)
        total += ((components - components.mean()) ** 2).sum() / (len(components) - 1) / len(components)
    return total


@pytest.mark.parametrize("rounded", [False, True])
def test_difference_and_interval_are_the_definitions(rounded):
    first, second = pair(np.random.default_rng(0), 30, 45)
    if rounded:  # ties
        first, second = (tuple(np.round(side) for side in sides) for sides in (first, second))
    found = auroc_difference(first, second)
    assert found.value == pytest.approx(auroc(*first) - auroc(*second))
    half = 1.959963984540054 * np.sqrt(brute_variance(first, second))
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))
    turned = auroc_difference(second, first)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    truth = auroc_difference(*pair(rng, 100_000, 100_000)).value
    found = [auroc_difference(*pair(rng, 60, 80)) for _ in range(2000)]
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert covered == pytest.approx(0.95, abs=0.02)


def test_what_is_hard_for_both_cancels():
    first, second = pair(np.random.default_rng(2), 300, 300)
    together, shuffled = auroc_difference(first, second), auroc_difference(first, [side[::-1] for side in second])
    assert together.value == pytest.approx(shuffled.value)
    assert together.high - together.low < 0.8 * (shuffled.high - shuffled.low)


def test_the_same_score_twice_differs_by_nothing():
    first, _ = pair(np.random.default_rng(3), 20, 20)
    found = auroc_difference(first, first)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_of_few_images_nothing_can_be_said():
    first, second = pair(np.random.default_rng(4), 300, 9)
    found = auroc_difference(first, second)
    assert (found.low, found.high) == (-1, 1)


def test_scores_of_other_images_are_refused():
    first, second = pair(np.random.default_rng(5), 20, 20)
    with pytest.raises(UsageError, match="first has scores of 20 and 20 images, second of 19 and 20"):
        auroc_difference(first, (second[0][1:], second[1]))
