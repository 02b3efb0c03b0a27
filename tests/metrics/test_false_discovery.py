"""Flagging a batch: as SciPy does it, and the guarantee by drawing from it."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from oodflow.errors import UsageError
from oodflow.metrics import conformal_p_values, discoveries


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("seed", range(20))
def test_the_same_are_flagged_as_by_scipy(rate, seed):
    rng = np.random.default_rng(seed)
    p = np.concatenate([rng.uniform(size=40), rng.uniform(size=10) / 100])
    assert (discoveries(p, rate) == (false_discovery_control(p) <= rate)).all()


def test_on_the_boundary_is_flagged():
    assert 0.04 > 1 / 3 * 0.12  # by rounding alone
    assert discoveries([0.04, 0.9, 0.95], 0.12).tolist() == [True, False, False]


def test_few_of_those_flagged_are_false_alarms():
    """A tenth of each batch lies far out: of those flagged 9 % or a little less are normal, for 0.1 of 90 % are."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(400):
        p = conformal_p_values(rng.normal(size=500), np.concatenate([rng.normal(size=180), rng.normal(4, 1, 20)]))
        flagged = discoveries(p, 0.1)
        shares.append(flagged[:180].sum() / max(flagged.sum(), 1))
    assert 0.07 < np.mean(shares) < 0.1


def test_where_nothing_stands_out_nothing_is_flagged():
    assert not discoveries(np.linspace(0.2, 1, 30), 0.1).any()


@pytest.mark.parametrize(
    ("p", "rate", "message"),
    [
        ([0.1], 5, "rate is 5: expected a share"),
        ([0.0, 1.0], 0.1, "between 0 and 1: expected more than 0"),
        ([2], 0.1, "at most 1"),
    ],
)
def test_what_is_no_rate_or_p_value_is_refused(p, rate, message):
    with pytest.raises(UsageError, match=message):
        discoveries(p, rate)
