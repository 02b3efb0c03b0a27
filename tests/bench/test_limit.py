"""Shares of the limit, from made-up times."""

import pytest

from oodflow.bench.flops import Probe
from oodflow.bench.limit import bandwidth, copying, limit, operations, rates, shares, tasks
from oodflow.bench.record import Spread
from oodflow.bench.rounds import interleave
from oodflow.bench.throughput import pool, result

FINE, COARSE, VECTORS = Probe(4, (8, 8)), Probe(8, (4, 4)), Probe(16, ())


def test_the_limit_is_the_harmonic_mean_weighted_with_flop():
    # 300 FLOP at 100 a second and 100 at 50 take 5 seconds.
    assert limit({FINE: 300, COARSE: 100}, {FINE: 100.0, COARSE: 50.0}) == 80
    assert limit({FINE: 7}, {FINE: 100.0, COARSE: 1.0}) == pytest.approx(100)


def test_a_share_is_of_its_own_round():
    assert shares(80, [1.0, 4.0], [80.0, 40.0]) == [1.0, 0.5]


def test_flop_of_a_probe():
    assert operations(FINE, 2) == 2 * (2 * 64) * 9 * 4 * 4
    assert operations(VECTORS, 32) == 2 * 32 * 16 * 16


def test_rates_from_times():
    flop = operations(FINE, 32)
    seconds = {f"{FINE} forward": (1.0, 2.0), f"{FINE} train": (3.0, 6.0), f"{FINE} product": (4.0, 4.0)}
    assert rates(FINE, 32, seconds) == {
        "forward": [flop, flop / 2], "train": [flop, flop / 2], "product": [flop / 4, flop / 4],
    }  # fmt: skip


def test_a_copy_is_read_and_written():
    assert bandwidth({"copy": (2.0,)}, 100) == [400.0]


def test_what_is_measured_for_a_result():
    found = result(10, 4, (2.0, 4.0), [50.0, 20.0])
    assert found.images_per_second == Spread(median=1.5, low=1.0, high=2.0)
    assert found.flop_per_second.high == 20
    assert (found.share.median, found.share.low, found.share.high) == pytest.approx((0.45, 0.4, 0.5))


def test_the_same_layer_of_two_flows_is_one():
    assert pool([{FINE: {"forward": [1.0]}}, {FINE: {"forward": [2.0]}, COARSE: {"forward": [3.0]}}]) == {
        FINE: {"forward": [1.0, 2.0]},
        COARSE: {"forward": [3.0]},
    }


@pytest.mark.parametrize("probe", [FINE, VECTORS], ids=str)
def test_every_measure_of_a_probe_runs_more_than_once(probe):
    seconds = interleave([*tasks(probe, 2), copying(8)], 2, least=0)
    assert all(rate > 0 for values in rates(probe, 2, seconds).values() for rate in values)
