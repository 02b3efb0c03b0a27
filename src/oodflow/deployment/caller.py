"""Who asks for a calibrated score."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oodflow.evaluation.evaluate import Progress


@dataclass(frozen=True)
class Caller:
    """Who asks, and what they are told while they wait.

    Attributes:
        command: what they typed, for the record.
        root: where their data sets lie; none: see :func:`oodflow.data.data_root`.
        progress: called with (data set, images done, images in all).
        say: takes lines for them.
    """

    command: str = "python"
    root: Path | None = None
    progress: Progress | None = None
    say: Callable[[str], None] = lambda text: None


PYTHON = Caller()
