"""Progress and documents on the terminal. Progress goes to stderr, results to stdout."""

import math
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from oodflow.document import Document, as_markdown
from oodflow.document.terminal import show as show_on_terminal
from oodflow.evaluation.evaluate import Progress as EvaluationProgress
from oodflow.records import Record
from oodflow.training import Callback, StepReport, TrainState

# Names and paths are printed as they are: square brackets are no markup in them, nor colons emoji.
progress_console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
result_console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)

_EVERY = 0.2  # seconds between two looks at the training


@contextmanager
def training_progress() -> Iterator[Callback]:
    """Show a live bar with bits/dim; where there is no terminal, nothing but the lines of the monitor appear."""
    with _bar("training", "[bold]{task.fields[bpd]}") as bar:
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
            task = bar.task_ids[0] if bar.task_ids else bar.add_task("training", total=report.steps, bpd="")
            bar.update(task, completed=report.step, bpd=f"{smooth:.3f} bits/dim{skipped}")

        yield callback


@contextmanager
def scoring_progress() -> Iterator[EvaluationProgress]:
    """Show a live bar for each data set that is scored."""
    with _bar("scoring", "") as bar:
        tasks: dict[str, Any] = {}

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done)

        yield progress


def _bar(what: str, extra: str) -> Progress:
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(extra)]
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=progress_console,
        disable=not progress_console.is_terminal,
    )  # fmt: skip


def show(document: Document) -> None:
    """Print a document: laid out for a terminal, and as Markdown for a file or a pipe, whose reader lays it out."""
    if result_console.is_terminal:
        show_on_terminal(document, result_console)
    else:
        print(as_markdown(document), end="")


def show_or_write(
    arguments: Namespace,
    record: Record,
    document: Callable[[], Document],
    write: Callable[[Path], Sequence[Path]],
) -> None:
    """Do with a collected result what ``--write`` and ``--json`` say, or show it."""
    if arguments.write is not None:
        *others, last = map(str, write(arguments.write))
        print(f"Wrote {', '.join(others)} and {last}")
    elif arguments.json:
        print(record.as_json(), end="")
    else:
        show(document())
