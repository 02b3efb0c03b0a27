"""The order in which things are timed, and sums over rounds."""

import pytest

from oodflow.bench.record import Spread
from oodflow.bench.rounds import Task, interleave, ratios, summary


class Clock:
    """A clock that tasks move on."""

    now = 0.0

    def __call__(self):
        return self.now


def tasks(clock, called, **seconds):
    def task(name):
        def call():
            called.append(name)
            clock.now += seconds[name]

        return Task(name, call)

    return [task(name) for name in seconds]


def test_tasks_take_turns_and_quick_ones_are_repeated():
    clock, called = Clock(), []
    times = interleave(tasks(clock, called, slow=2.0, quick=0.5), 2, least=1.0, clock=clock)
    assert called == ["slow", "quick", *["slow", "quick", "quick"] * 2]
    assert times == {"slow": (2.0, 2.0), "quick": (0.5, 0.5)}


def test_without_a_least_time_nothing_is_called_but_what_is_timed():
    clock, called = Clock(), []
    interleave(tasks(clock, called, a=0.0, b=0.0), 3, least=0, clock=clock)
    assert called == ["a", "b"] * 3


def test_what_slows_a_round_cancels():
    assert ratios([1.0, 3.0], [2.0, 6.0]) == [0.5, 0.5]
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_summary():
    assert summary([4.0, 1.0, 2.0, 3.0]) == Spread(median=2.5, low=1.0, high=4.0)
