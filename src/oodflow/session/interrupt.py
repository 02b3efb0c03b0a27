"""Stopping between two steps instead of in the middle of one."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from oodflow import ranks
from oodflow.errors import OodflowError
from oodflow.training import Callback, StepReport, TrainState

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Interrupted(OodflowError):
    """The user asked to stop. ``exit_code`` is what a shell expects of the signal: 130 for Ctrl-C."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message, exit_code)  # all that it takes to make it again in another process
        self.exit_code = exit_code

    def __str__(self) -> str:
        return str(self.args[0])


@contextmanager
def stop_between_steps() -> Iterator[Callback]:
    """Yield a callback that raises ``Interrupted`` after the step in which a signal to stop came.

    That is Ctrl-C, a request to terminate, or that the terminal has gone; what is ignored stays so, as with ``nohup``.
    A second signal ends the process at once, but for one of several whose launcher passes signals on: it may do so more
    than once, and ends those by force that take too long. Outside the main thread, where Python takes no signals,
    nothing changes.
    """
    came: list[int] = []

    def note(signum: int, frame: FrameType | None) -> None:
        came.append(signum)
        if ranks.launched() == 1:
            signal.signal(signum, before[signum])

    def callback(state: TrainState, report: StepReport) -> None:
        if came:
            raise Interrupted(f"stopped after step {report.step}", 128 + came[0])

    before: dict[int, Any] = {}
    try:
        for signum in SIGNALS:
            if signal.getsignal(signum) is not signal.SIG_IGN:
                before[signum] = signal.signal(signum, note)
    except ValueError:  # not the main thread
        pass
    parting = False
    try:
        yield callback
    except Interrupted:
        parting = ranks.launched() > 1  # a signal that comes late would stop them while they let go of one another
        raise
    finally:
        if not parting:
            for number, handler in before.items():
                signal.signal(number, handler)
