"""How a training is run, beside what its configuration says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from oodflow.training import Callback


@dataclass(frozen=True)
class SessionOptions:
    """How to run a training, beside what its configuration says.

    Attributes:
        command: what the user typed, for the record.
        root: where data sets lie.
        callbacks: called after each step, for a progress display.
        say: takes lines for the user.
        device: ``auto``, ``cpu`` or ``cuda``; a run may go on on another one.
    """

    command: str
    root: Path | None = None
    callbacks: Sequence[Callback] = ()
    say: Callable[[str], None] = print
    device: str = "auto"
