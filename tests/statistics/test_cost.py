"""What statistics cost: the shared pass counted once, by a clock that goes when it is told to."""

from typing import ClassVar

import numpy as np
import pytest

from oodflow.statistics import LogProb, Observation, Statistic, Store
from oodflow.statistics.cost import UNKNOWN, Cost, together
from oodflow.testing.observations import example_data, example_flow

FLOW, DATA = example_flow("grey"), example_data("test", "grey")  # 32 images


class Clock:
    """Each pass of the flow takes 8 seconds, and each statistic as long as it says."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("oodflow.statistics.cost.perf_counter", clock)
    terms = type(FLOW).terms

    def slow(flow, *arguments, **settings):
        clock.now += 8
        return terms(flow, *arguments, **settings)

    monkeypatch.setattr(type(FLOW), "terms", slow)
    return clock


class Slow(Statistic):
    clock: ClassVar[Clock]
    kind: str = "slow"
    quantity: ClassVar[str] = "number"
    takes: float
    uses_flow: bool

    def compute(self, batch):
        self.clock.now += self.takes
        return batch.terms.log_prob.double().numpy() if self.uses_flow else np.zeros(len(batch))


@pytest.fixture
def kinds(clock):
    Slow.clock = clock
    return Slow(takes=1, uses_flow=True), Slow(takes=2, uses_flow=True), Slow(takes=4, uses_flow=False)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_the_shared_pass_is_counted_once_for_whoever_asks_first(kinds, order):
    seen = Observation(FLOW, DATA, batch_size=16)  # two batches
    seen.collect([kinds[place] for place in order])
    alone = [seen.seconds([kind]) for kind in kinds]
    assert alone == [2 * (1 + 8), 2 * (2 + 8), 2 * 4]
    assert seen.seconds(kinds) == 2 * (1 + 2 + 4 + 8)
    assert seen.seconds([kinds[0], kinds[0]]) == alone[0]


def test_draws_cost_each_their_own(kinds):
    assert Observation(FLOW, DATA, draws=3).seconds([kinds[0]]) == 3 * (1 + 8)


def test_what_is_stored_costs_what_it_cost_then(clock, tmp_path):
    first = Observation(FLOW, DATA, store=Store(tmp_path, "w")).seconds([LogProb()])
    again = Observation(FLOW, DATA, store=Store(tmp_path, "w"))
    assert (again.seconds([LogProb()]), first) == (8, 8)
    for damaged in ("", "{}", "[1]", '{"own": 1}', '{"own": "x", "shared": 1}'):
        for file in tmp_path.glob("*.cost.json"):
            file.write_text(damaged)
        assert np.isnan(Observation(FLOW, DATA, store=Store(tmp_path, "w")).seconds([LogProb()]))


def test_what_was_given_has_no_known_cost():
    seen = Observation(FLOW, DATA, known={LogProb(): np.zeros(len(DATA))})
    assert np.isnan(seen.seconds([LogProb()]))
    assert np.isnan(together([Cost(1, 2), UNKNOWN]))
    assert together([]) == 0
