"""The envelope of thresholds that were chosen by the labels."""

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.metrics import auroc, optimistic_auroc


def brute(scores_in, scores_out):
    """Try every pair of thresholds."""
    thresholds = [[-np.inf, *np.concatenate([scores_in[:, i], scores_out[:, i]])] for i in range(2)]
    best = np.zeros(len(scores_in))
    for a in thresholds[0]:
        for b in thresholds[1]:
            alarms, found = (((one[:, 0] > a) | (one[:, 1] > b)).sum() for one in (scores_in, scores_out))
            best[alarms:] = np.maximum(best[alarms:], found)
    return best.mean() / len(scores_out)


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_best_of_all_pairs_of_thresholds(seed):
    rng = np.random.default_rng(seed)
    scores_in, scores_out = rng.integers(0, 9, (7, 2)).astype(float), rng.integers(2, 12, (6, 2)).astype(float)
    assert optimistic_auroc(scores_in, scores_out) == pytest.approx(brute(scores_in, scores_out))


def test_by_hand():
    scores_in = [[1.0, 3.0], [2.0, 1.0]]
    scores_out = [[3.0, 0.0], [0.0, 2.0], [1.5, 0.5]]
    # No false alarm: a = 2 and b = 3 find the first. One: b = 1 the second besides, with a = 2, or a = 1 the third.
    assert optimistic_auroc(scores_in, scores_out) == pytest.approx((1 / 3 + 2 / 3) / 2)


def test_it_is_that_of_one_score_where_the_other_says_nothing():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=50), rng.normal(0.5, 1, 40)
    flat = [np.stack([values, np.zeros_like(values)], 1) for values in (one, other)]
    assert optimistic_auroc(*flat) == pytest.approx(auroc(one, other))
    assert optimistic_auroc(*(values[:, ::-1] for values in flat)) == pytest.approx(auroc(one, other))


def test_it_is_above_chance_where_there_is_nothing_to_find():
    rng = np.random.default_rng(0)
    scores_in, scores_out = rng.normal(size=(60, 2)), rng.normal(size=(50, 2))
    each = [auroc(scores_in[:, i], scores_out[:, i]) for i in range(2)]
    assert optimistic_auroc(scores_in, scores_out) > max(*each, 0.5)


@pytest.mark.parametrize(
    ("scores_in", "scores_out", "message"),
    [
        ([1.0, 2.0], [[1.0, 2.0]], r"scores_in has shape \(2,\): expected \[N, 2\], two scores per image"),
        ([[1.0, 2.0]], [[1.0, 2.0, 3.0]], r"scores_out has shape \(1, 3\): expected \[N, 2\]"),
        ([[1.0, 2.0]], [[np.nan, 2.0]], "scores_out holds 1 NaN"),
        (np.empty((0, 2)), [[1.0, 2.0]], "scores_in is empty"),
    ],
)
def test_what_cannot_be_ranked_is_refused(scores_in, scores_out, message):
    with pytest.raises(UsageError, match=message):
        optimistic_auroc(scores_in, scores_out)
