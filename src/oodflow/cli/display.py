"""Progress of scoring, and tables, on the terminal. Progress goes to stderr, results to stdout."""

import json
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from oodflow.evaluation.evaluate import Progress as EvaluationProgress
from oodflow.evaluation.record import Evaluation
from oodflow.session.progress import bar

# Names and paths are printed as they are: square brackets are no markup in them, nor colons emoji.
result_console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
if not result_console.is_terminal:  # a file or a pipe has no width: let tables have theirs
    result_console.width = 1000


@contextmanager
def scoring_progress() -> Iterator[EvaluationProgress]:
    """Show a live bar for each data set that is scored."""
    with bar("scoring", "") as shown:
        tasks: dict[str, Any] = {}

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=total)
            shown.update(tasks[name], completed=done)

        yield progress


def show_or_write(
    arguments: Namespace, data: Any, page: Callable[[], str], write: Callable[[Path], Sequence[Path]]
) -> None:
    """Do with a collected result what ``--write`` and ``--json`` say, or print it as Markdown."""
    if arguments.write is not None:
        *others, last = map(str, write(arguments.write))
        print(f"Wrote {', '.join(others)} and {last}")
    elif arguments.json:
        print(json.dumps(data, indent=1))
    else:
        print(page(), end="")


def evaluation_table(evaluation: Evaluation) -> Table:
    """Lay an evaluation out as a table that fits 80 columns: each set, and below it its scores."""
    inside = evaluation.inside
    caption = "Positive = out of distribution. AUROC 50 % = chance; below, the set is mistaken for the training data."
    table = Table(caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("data set (images)", overflow="fold")
    for name in ("bits/dim", "AUROC % [95 % CI]", "AUPR-in", "AUPR-out", "FPR95"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(f"{inside.name} ({inside.images:,})", f"{inside.bits_per_dim:.3f}", "in-distribution")
    for outside in evaluation.outsides:
        table.add_row(f"{outside.name} ({outside.images:,})", f"{outside.bits_per_dim:.3f}")
        for score, found in outside.scores.items():
            table.add_row(
                f"  {score}", "",
                f"{100 * found.auroc:.1f} [{100 * found.auroc_low:.1f}, {100 * found.auroc_high:.1f}]",
                *(f"{100 * share:.1f}" for share in (found.aupr_in, found.aupr_out, found.fpr95)),
            )  # fmt: skip
    return table


def notes(evaluation: Evaluation) -> list[str]:
    """Say which sets are not what their name promises, and which scores were left out."""
    said = [f"{one.name} {one.split}: {one.note}." for one in evaluation.sets if one.note]
    return said + [f"{name} is left out: {why}." for name, why in evaluation.left_out.items()]
