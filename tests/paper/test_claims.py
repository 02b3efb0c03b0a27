"""Intervals, their resolution, and verdicts."""

import math

import numpy as np
import pytest
from scipy import stats

from oodflow.paper.claims import Claim, Measured, above, below, check, judge, near, near_percent
from oodflow.paper.found import Found, Missing
from oodflow.paper.lab import Lab


def of(values, **more):
    """Numbers of seeds 0, 1, 2, ..."""
    return Measured(values=dict(enumerate(map(float, values))), **more)


def test_interval_of_seeds_is_students():
    values = np.random.default_rng(0).normal(70, 3, 5)
    interval = of(values).interval
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-12)


def test_what_images_leave_open_adds_up_with_seeds_at_right_angles():
    alone = of((1.0, 2.0, 4.0)).interval
    both = of((1.0, 2.0, 4.0), within=3.0).interval
    assert both.high - both.value == pytest.approx(math.hypot(alone.high - alone.value, 3.0))
    assert both.value == alone.value


def test_one_seed_says_nothing_and_an_exact_number_all():
    assert of((3.0,)).interval.high == math.inf
    exact = of((3.0,), exact=True)
    assert (exact.interval.low, exact.interval.high, exact.resolution) == (3.0, 3.0, 0.0)


@pytest.mark.parametrize(
    ("values", "expected", "verdict"),
    [
        ((10.0, 10.5, 11.0), below(50), "holds"),
        ((10.0, 10.5, 11.0), above(50), "does not hold"),
        ((49.0, 50.0, 51.0), below(50), "can't be told"),
        ((10.0, 10.5, 11.0), near(10.5, 5), "holds"),
        ((10.0, 10.5, 11.0), near(20.0, 5), "does not hold"),
        ((10.0, 10.5, 11.0), near(10.5, 0.1), "can't be told"),
    ],
)
def test_verdict_is_that_of_the_whole_interval(values, expected, verdict):
    assert judge(of(values), expected) == verdict


def test_a_claim_that_is_false_is_seldom_said_to_hold():
    """At the very end of the range, one in forty samples lies wholly on the wrong side of it."""
    generator = np.random.default_rng(0)
    samples = generator.normal(50.0, 2.0, (4000, 3))
    held = np.mean([judge(of(row), below(50)) == "holds" for row in samples])
    assert held == pytest.approx(0.025, abs=0.007)


def test_what_lies_a_resolution_away_is_told_four_times_out_of_five():
    """The resolution is estimated from the same three seeds, so it is of that size, and no closer."""
    spread, generator = 2.0, np.random.default_rng(1)
    scale = stats.t.ppf(0.975, 2) + stats.t.ppf(0.8, 2)
    samples = generator.normal(50.0 - scale * spread / math.sqrt(3), spread, (4000, 3))
    told = np.mean([judge(of(row), below(50)) == "holds" for row in samples])
    assert told == pytest.approx(0.8, abs=0.06)
    resolutions = [of(row).resolution for row in samples]
    assert np.sqrt(np.mean(np.square(resolutions))) == pytest.approx(scale * spread / math.sqrt(3), rel=0.05)


def test_differences_are_taken_seed_by_seed():
    """What both have of a seed cancels: the difference is certain, though neither number is."""
    one, two = of((10.0, 50.0, 90.0)), of((9.0, 49.0, 89.0))
    assert judge(one, above(0)) == "can't be told"
    assert one.less(two).interval.low == pytest.approx(1.0)


def test_only_seeds_that_both_have_are_compared():
    one, two = Measured(values={0: 5.0, 2: 7.0}), Measured(values={0: 1.0, 1: 2.0})
    assert one.less(two).values == {0: 4.0}


def test_claims_that_rest_on_nothing_say_why(tmp_path):
    def missing(found):
        raise Missing("the moon is not at hand")

    def two(found):
        return of((1.0, 2.0))

    claims = [Claim("one", "", missing, "moons", above(0)), Claim("two", "", two, "moons", above(0))]
    first, second = check(claims, Found(Lab(tmp_path, "cpu", (0, 1, 2))))
    assert (first.verdict, first.measured, first.reason) == ("not run", None, "the moon is not at hand")
    assert (second.verdict, second.reason) == ("not run", "2 of 3 seeds have been measured")
    assert check(claims[1:], Found(Lab(tmp_path, "cpu", (0, 1))))[0].verdict == "can't be told"
    (at_smoke,) = check(claims[1:], Found(Lab(tmp_path, "smoke", (0, 1))))
    assert (at_smoke.verdict, at_smoke.reason) == ("not run", "a training at smoke scale learns nothing")


@pytest.mark.parametrize(("number", "verdict"), [(99.99, "holds"), (92.0, "holds"), (80.0, "does not hold")])
def test_a_share_can_be_near_one_that_is_nearly_all(number, verdict):
    """Though the interval of a few shares of nearly 100 % ends above that."""
    shares = of((min(number + 0.01, 100.0), number, number - 0.01))
    assert (shares.interval.high > 100) == (number == 99.99)
    assert judge(shares, near_percent(99.9, 10.0)) == verdict


def test_all_shares_are_near_when_all_may_be():
    assert near_percent(60.0, 100.0) == near(0.0, math.inf)
