from statistics import NormalDist

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.metrics import auroc, bootstrap, bootstrap_auroc


def pair(seed, n=60, m=40):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, n).round(1), rng.normal(0.7, 1.5, m).round(1)  # rounding makes ties


def delong_deviation(scores_in, scores_out):
    """Standard error of the AUROC from the variances of its structural components (DeLong et al., 1988)."""
    wins = (scores_out[:, None] > scores_in) + 0.5 * (scores_out[:, None] == scores_in)
    by_out, by_in = wins.mean(1), wins.mean(0)
    return np.sqrt(by_out.var(ddof=1) / len(by_out) + by_in.var(ddof=1) / len(by_in))


def test_agrees_with_naive_resampling():
    scores_in, scores_out = pair(0)
    fast = bootstrap_auroc(scores_in, scores_out, replicates=4000)
    rng = np.random.default_rng(1)
    naive = [auroc(rng.choice(scores_in, scores_in.size), rng.choice(scores_out, scores_out.size)) for _ in range(1500)]
    assert fast.mean() == pytest.approx(np.mean(naive), abs=0.006)
    np.testing.assert_allclose(np.percentile(fast, [2.5, 50, 97.5]), np.percentile(naive, [2.5, 50, 97.5]), atol=0.015)


def test_spreads_as_the_analytic_standard_error_says():
    scores_in, scores_out = pair(2, n=400, m=300)
    spread = bootstrap_auroc(scores_in, scores_out, replicates=4000).std()
    assert spread == pytest.approx(delong_deviation(scores_in, scores_out), rel=0.06)


def test_its_95_percent_interval_covers_the_truth_about_95_times_in_100():
    truth = NormalDist().cdf(0.7 / (1 + 1.5**2) ** 0.5)  # of the two normals of pair(), before rounding
    covered = 0
    for seed in range(300):
        low, high = np.percentile(bootstrap_auroc(*pair(seed), seed=seed, replicates=300), [2.5, 97.5])
        covered += low <= truth <= high
    assert 0.91 <= covered / 300 <= 0.985


def test_does_not_depend_on_the_chunks(monkeypatch):
    scores_in, scores_out = pair(3, n=31, m=17)
    whole = bootstrap_auroc(scores_in, scores_out, seed=5, replicates=50)
    monkeypatch.setattr(bootstrap, "_CHUNK", 7 * (31 + 17))
    np.testing.assert_array_equal(bootstrap_auroc(scores_in, scores_out, seed=5, replicates=50), whole)


def test_the_seed_decides():
    scores = pair(4)
    np.testing.assert_array_equal(bootstrap_auroc(*scores, seed=1), bootstrap_auroc(*scores, seed=1))
    assert (bootstrap_auroc(*scores, seed=1) != bootstrap_auroc(*scores, seed=2)).any()


def test_replicates_must_be_positive():
    with pytest.raises(UsageError, match="replicates is 0"):
        bootstrap_auroc([0.0], [1.0], replicates=0)
