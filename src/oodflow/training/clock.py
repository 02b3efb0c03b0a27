"""The time of training, without the pauses in which something else is done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch


class Clock:
    """Counts the seconds in which it runs.

    A GPU works behind the program: whoever reads a number waits for all that was begun before. So the clock waits for
    the device before it stops, and what a step has begun counts as training, whether or not somebody reads what came
    of it, and wherever.

    Args:
        wait: returns when the device has done all that it was given.
        now: tells the time, in seconds.

    Attributes:
        seconds: counted so far.

    Example:
        >>> times = iter([10, 11, 15, 20])
        >>> clock = Clock(now=lambda: next(times))
        >>> with clock.running():
        ...     with clock.paused():
        ...         between = clock.seconds
        >>> between, clock.seconds
        (1.0, 6.0)
    """

    def __init__(self, wait: Callable[[], object] = lambda: None, now: Callable[[], float] = time.perf_counter) -> None:
        self._wait, self._now = wait, now
        self._counted = 0.0
        self._since: float | None = None  # none: it stands still

    @property
    def seconds(self) -> float:
        """Seconds counted so far."""
        return self._counted + (0.0 if self._since is None else self._now() - self._since)

    @seconds.setter
    def seconds(self, value: float) -> None:
        self._counted = value

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of the block."""
        self._since = self._now()
        try:
            yield
        finally:
            self._stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the time of the block out, if the clock runs."""
        if self._since is None:
            yield
            return
        self._stop()
        try:
            yield
        finally:
            self._since = self._now()

    def _stop(self) -> None:
        self._wait()
        self._counted, self._since = self.seconds, None


def clock_of(device: torch.device | str) -> Clock:
    """Make the clock for work on a device."""
    device = torch.device(device)
    return Clock(lambda: torch.cuda.synchronize(device)) if device.type == "cuda" else Clock()
