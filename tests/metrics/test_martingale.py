"""Conformal test martingales: that they promise what they do, and find what they should."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

from oodflow.errors import UsageError
from oodflow.metrics import ConformalMartingale
from oodflow.metrics.martingale import POWERS, _log_bets


def capital(p_values):
    """The mixture as its formula is written, over p-values."""
    n, bets = len(p_values), np.exp([_log_bets(p) for p in p_values])
    begun = sum(bets[k - 1 :].prod(0).mean() / (k * (k + 1)) for k in range(1, n + 1))
    return 1 / (n + 1) + begun


def draw(rng, kind, size):
    """Scores: continuous, or with many ties, or with infinite ones."""
    match kind:
        case "normal":
            return rng.normal(size=size)
        case "ties":
            return rng.integers(0, 4, size).astype(float)
        case _:
            return np.where(rng.random(size) < 0.1, np.inf, rng.exponential(size=size))


@pytest.mark.parametrize("bet", range(len(POWERS)))
def test_no_bet_makes_money_on_average(bet):
    """With p = exp(-t), for its density is infinite at 0; the other half of the bets is the same seen from 1."""
    mean, _ = quad(lambda t: np.exp(_log_bets(np.exp(-t))[bet] - t), 0, 200)
    assert mean == pytest.approx(1, abs=1e-6)
    assert _log_bets(0.3)[len(POWERS) + bet] == pytest.approx(_log_bets(0.7)[bet])


def test_capital_is_the_mixture(monkeypatch):
    rng = np.random.default_rng(0)
    watch, p_values = ConformalMartingale(rng.normal(size=30), seed=4), []
    p_value = watch._p_value
    monkeypatch.setattr(watch, "_p_value", lambda interval: p_values.append(p_value(interval)) or p_values[-1])
    logs = watch.update(rng.normal(0.5, size=25))
    assert (10**logs).tolist() == pytest.approx([capital(p_values[: n + 1]) for n in range(25)])
    assert (watch.log10, watch.highest) == (logs[-1], max(0, logs.max()))


@pytest.mark.parametrize("kind", ["normal", "ties", "infinite"])
def test_p_values_are_uniform_and_independent_under_exchangeability(kind):
    """For each place in the stream over many streams, and of neighbours in one."""
    rng = np.random.default_rng(1)
    rows = []
    for seed in range(1500):
        watch = ConformalMartingale(draw(rng, kind, 13), seed=seed)
        rows.append([watch._p_value(interval) for interval in watch._interval(draw(rng, kind, 8))])
    p = np.array(rows)
    assert min(kstest(column, "uniform").pvalue for column in p.T) > 0.001
    assert np.abs(np.corrcoef(p.T) - np.eye(8)).max() < 4 / np.sqrt(len(p))


@pytest.mark.parametrize("kind", ["normal", "ties"])
def test_ville(kind):
    """The highest capital of a stream that does not drift passes c in at most one of c streams."""
    rng = np.random.default_rng(2)
    highest = []
    for seed in range(600):
        watch = ConformalMartingale(draw(rng, kind, 40), seed=seed)
        watch.update(draw(rng, kind, 60))
        highest.append(10**watch.highest)
    for c in 1.5, 2, 5, 20, 100:
        share = np.mean(np.array(highest) >= c)
        assert share <= 1 / c + 3 * np.sqrt((1 / c) * (1 - 1 / c) / 600), c


@pytest.mark.parametrize("shift", [2.0, -2.0])
def test_it_grows_when_scores_rise_or_fall(shift):
    rng = np.random.default_rng(3)
    watch = ConformalMartingale(rng.normal(size=400))
    assert watch.update(rng.normal(size=3000)).max() < 2
    late = watch.update(rng.normal(shift, size=100))
    assert late.max() > 4
    assert np.flatnonzero(late > 2)[0] < 40


def test_it_does_not_matter_how_a_stream_is_cut():
    rng = np.random.default_rng(4)
    reference, stream = rng.normal(size=50), rng.normal(1, size=90)
    whole = ConformalMartingale(reference).update(stream)
    watch = ConformalMartingale(reference)
    assert np.concatenate([watch.update(part) for part in np.split(stream, [1, 7, 60])]).tolist() == whole.tolist()
    assert ConformalMartingale(reference, seed=1).update(stream).tolist() != whole.tolist()


def test_what_cannot_be_bet_against():
    with pytest.raises(UsageError, match="holds a single score: expected two or more"):
        ConformalMartingale([1.0])
    with pytest.raises(UsageError, match="NaN"):
        ConformalMartingale([1.0, 2.0]).update([np.nan])
