"""Progress on the terminal: bars on stderr, where that is one."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from oodflow.training import Callback, StepReport, TrainState

# Names and paths are printed as they are: square brackets are no markup in them, nor colons emoji.
progress_console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

_EVERY = 0.2  # seconds between two looks at the training


@contextmanager
def training_progress(note: Callable[[], str] = lambda: "") -> Iterator[Callback]:
    """Show a live bar with bits/dim; where there is no terminal, nothing appears.

    Args:
        note: what else to say beside the bar, asked again and again.
    """
    with bar("training", "[bold]{task.fields[bpd]}") as shown:
        smooth, last = math.nan, 0.0

        def callback(state: TrainState, report: StepReport) -> None:
            nonlocal smooth, last
            if time.monotonic() - last < _EVERY and report.step < report.steps:
                return  # to read a report is to wait for a GPU
            last = time.monotonic()
            if not report.skipped:
                bpd = report.loss / (state.flow.dims * math.log(2))
                smooth = bpd if math.isnan(smooth) else 0.9 * smooth + 0.1 * bpd
            skipped = f", {state.skipped} skipped" if state.skipped else ""
            task = shown.task_ids[0] if shown.task_ids else shown.add_task("training", total=report.steps, bpd="")
            shown.update(task, completed=report.step, bpd=f"{smooth:.3f} bits/dim{skipped}{note()}")

        yield callback


def bar(what: str, extra: str) -> Progress:
    """Make a bar that counts; ``extra`` is the format of a column beside it."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(extra)]
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=progress_console,
        disable=not progress_console.is_terminal,
    )  # fmt: skip
