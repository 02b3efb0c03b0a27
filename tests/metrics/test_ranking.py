import numpy as np
import pytest
from scipy.stats import binomtest

from oodflow.errors import UsageError
from oodflow.metrics import aupr_in, aupr_out, auroc, bootstrap_auroc, fpr95, ranking, roc

METRICS = [auroc, aupr_in, aupr_out, fpr95]


def brute_auroc(scores_in, scores_out):
    return np.mean([(o > i) + 0.5 * (o == i) for o in scores_out for i in scores_in])


def brute_average_precision(positive, negative):
    """Step through the distinct thresholds from above, adding recall gained times precision there."""
    area, recall = 0.0, 0.0
    for threshold in sorted({*positive, *negative}, reverse=True):
        hits, false = sum(p >= threshold for p in positive), sum(n >= threshold for n in negative)
        area += (hits / len(positive) - recall) * hits / (hits + false)
        recall = hits / len(positive)
    return area


def brute_fpr95(scores_in, scores_out):
    rates = [
        (sum(i >= t for i in scores_in) / len(scores_in), 100 * sum(o >= t for o in scores_out))
        for t in {*scores_in, *scores_out}
    ]
    return min(false for false, found in rates if found >= 95 * len(scores_out))


def tied_pair(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 60, size=2)
    return rng.integers(0, 12, sizes[0]).astype(float), rng.integers(3, 15, sizes[1]).astype(float)


@pytest.mark.parametrize("seed", range(20))
def test_every_metric_equals_its_definition_on_data_with_ties(seed):
    scores_in, scores_out = tied_pair(seed)
    assert auroc(scores_in, scores_out) == pytest.approx(brute_auroc(scores_in, scores_out))
    assert aupr_out(scores_in, scores_out) == pytest.approx(brute_average_precision(scores_out, scores_in))
    assert aupr_in(scores_in, scores_out) == pytest.approx(brute_average_precision(-scores_in, -scores_out))
    assert fpr95(scores_in, scores_out) == pytest.approx(brute_fpr95(scores_in, scores_out))


def test_fpr95_finds_at_least_95_percent_of_the_outliers_and_no_more():
    scores_out = np.arange(100.0)
    assert fpr95([4.5, 5.0, 5.5], scores_out) == pytest.approx(2 / 3)  # threshold 5: exactly 95 of 100 are found
    assert fpr95([0.0, 1.0, 2.0, 3.0], np.arange(1.0, 20.0)) == pytest.approx(3 / 4)  # ⌈18.05⌉ = 19: all are needed


def test_reversing_the_score_reverses_the_auroc():
    scores_in, scores_out = tied_pair(0)
    assert auroc(-scores_in, -scores_out) == pytest.approx(1 - auroc(scores_in, scores_out))


@pytest.mark.parametrize("metric", METRICS)
def test_infinite_scores_are_ranked_like_any_extreme(metric):
    assert metric([-np.inf, 0.0, 1.0], [1.0, 2.0, np.inf]) == metric([-9.0, 0.0, 1.0], [1.0, 2.0, 9.0])


@pytest.mark.parametrize("metric", METRICS)
def test_only_the_order_counts(metric):
    scores_in, scores_out = tied_pair(1)
    assert metric(np.exp(scores_in), np.exp(scores_out)) == metric(scores_in, scores_out)


@pytest.mark.parametrize("metric", [*METRICS, ranking])
@pytest.mark.parametrize(
    ("scores_in", "scores_out", "message"),
    [
        ([], [1.0], "scores_in is empty"),
        ([1.0], [], "scores_out is empty"),
        ([1.0], [0.0, np.nan, np.nan], "scores_out holds 2 NaN among 3 scores, the first at index 1"),
        ([[1.0]], [1.0], r"scores_in has shape \(1, 1\)"),
    ],
)
def test_what_cannot_be_ranked_is_refused(metric, scores_in, scores_out, message):
    with pytest.raises(UsageError, match=message):
        metric(scores_in, scores_out)


def test_ranking_gathers_the_metrics():
    scores_in, scores_out = tied_pair(2)
    result = ranking(scores_in, scores_out, seed=3)
    assert result.auroc == auroc(scores_in, scores_out)
    assert result.aupr_in == aupr_in(scores_in, scores_out)
    assert result.aupr_out == aupr_out(scores_in, scores_out)
    assert result.fpr95 == fpr95(scores_in, scores_out)
    resampled = bootstrap_auroc(scores_in, scores_out, seed=3)
    assert result.auroc_low == np.percentile(resampled, 2.5) < result.auroc
    assert result.auroc_high == np.percentile(resampled, 97.5) > result.auroc
    assert (result.n_in, result.n_out) == (len(scores_in), len(scores_out))
    assert result == ranking(scores_in, scores_out, seed=3)


@pytest.mark.parametrize("sizes", [(10, 300), (300, 10), (50, 50)])
def test_where_all_are_ranked_alike_the_interval_is_that_of_independent_pairs(sizes):
    low, high = np.arange(sizes[0]), np.arange(sizes[1]) + 1000
    fewest = min(sizes)
    expected = binomtest(fewest, fewest).proportion_ci(0.95, method="exact").low
    right, wrong = ranking(low, high), ranking(high, low)
    assert (right.auroc_low, right.auroc_high) == pytest.approx((expected, 1))
    assert (wrong.auroc_low, wrong.auroc_high) == pytest.approx((0, 1 - expected))


@pytest.mark.parametrize("sizes", [(1, 300), (300, 9), (1, 1)])
def test_of_few_images_the_interval_says_nothing(sizes):
    found = ranking(np.arange(sizes[0]), np.arange(sizes[1]) - 0.5)
    assert (found.auroc_low, found.auroc_high) == (0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_roc_is_what_each_threshold_finds_and_its_area_the_auroc(seed):
    scores_in, scores_out = tied_pair(seed)
    alarms, found = roc(scores_in, scores_out)
    thresholds = [np.inf, *sorted({*scores_in, *scores_out}, reverse=True)]
    assert alarms == pytest.approx([np.mean(scores_in >= threshold) for threshold in thresholds])
    assert found == pytest.approx([np.mean(scores_out >= threshold) for threshold in thresholds])
    assert np.trapezoid(found, alarms) == pytest.approx(auroc(scores_in, scores_out))
