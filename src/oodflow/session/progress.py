"""Progress on the terminal: bars on stderr, where that is one."""

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
    """Show a live bar with the objective's terms; where there is no terminal, nothing appears.

    Args:
        note: what else to say beside the bar, asked again and again.
    """
    with bar("training", "[bold]{task.fields[terms]}") as shown:
        smooth: dict[str, float] = {}
        last = 0.0

        def callback(state: TrainState, report: StepReport) -> None:
            nonlocal last
            if time.monotonic() - last < _EVERY and report.step < report.steps:
                return  # to read a report is to wait for a GPU
            last = time.monotonic()
            if not report.skipped:
                for name, value in report.terms.items():
                    smooth[name] = 0.9 * smooth.get(name, value) + 0.1 * value
            terms = [f"{name} {value:.4g}" for name, value in smooth.items()]
            terms += [f"{state.skipped} skipped"] if state.skipped else []
            task = shown.task_ids[0] if shown.task_ids else shown.add_task("training", total=report.steps, terms="")
            shown.update(task, completed=report.step, terms=", ".join(terms) + note())

        yield callback


def bar(what: str, extra: str) -> Progress:
    """Make a bar that counts; ``extra`` is the format of a column beside it."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(extra)]
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=progress_console,
        disable=not progress_console.is_terminal,
    )  # fmt: skip
