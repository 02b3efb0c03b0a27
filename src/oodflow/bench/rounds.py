"""Timing that a machine's moods disturb little: tasks take turns, for several rounds."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oodflow.bench.record import Spread

Seconds = dict[str, tuple[float, ...]]
"""By name of the task: seconds a call, one number a round."""


@dataclass(frozen=True)
class Task:
    """Something to time.

    Attributes:
        name: its key in the result.
        call: does it once.
    """

    name: str
    call: Callable[[], object]


def interleave(
    tasks: Sequence[Task], rounds: int, *, least: float = 0.3, clock: Callable[[], float] = time.perf_counter
) -> Seconds:
    """Time every task once a round, one after the other, so that what slows the machine for a while slows all alike.

    Each task is called once before, unmeasured; from how long that took follows how often a round calls it.

    Args:
        tasks: what to time.
        rounds: how often to go through them.
        least: seconds that a task takes in a round, at least, by repeating it; 0: no warm-up, one call a round.
        clock: tells the time in seconds.

    Example:
        >>> order = []
        >>> tasks = [Task("a", lambda: order.append("a")), Task("b", lambda: order.append("b"))]
        >>> _ = interleave(tasks, 2, least=0)
        >>> "".join(order)
        'abab'
    """
    calls = {task.name: _calls(task, least, clock) for task in tasks}
    seconds: dict[str, list[float]] = {task.name: [] for task in tasks}
    for _ in range(rounds):
        for task in tasks:
            start = clock()
            for _ in range(calls[task.name]):
                task.call()
            seconds[task.name].append((clock() - start) / calls[task.name])
    return {name: tuple(values) for name, values in seconds.items()}


def summary(values: Sequence[float]) -> Spread:
    """Sum rounds up: the median, and the lowest and highest, for three to five rounds have no finer spread.

    Example:
        >>> summary([3.0, 1.0, 2.0])
        Spread(median=2.0, low=1.0, high=3.0)
    """
    return Spread(median=statistics.median(values), low=min(values), high=max(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Divide round by round, so that what slows a whole round cancels.

    Example:
        >>> ratios([2.0, 6.0], [1.0, 2.0])
        [2.0, 3.0]
    """
    return [a / b for a, b in zip(above, below, strict=True)]


def _calls(task: Task, least: float, clock: Callable[[], float]) -> int:
    if not least:
        return 1
    start = clock()
    task.call()
    return max(1, math.ceil(least / max(clock() - start, 1e-6)))
