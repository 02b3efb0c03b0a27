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


def evaluation_table(evaluation: dict[str, Any]) -> Table:
    """Lay an evaluation out as a table that fits 80 columns: each set, and below it its scores."""
    inside, *others = evaluation["sets"]
    caption = "Positive = out of distribution. AUROC 50 % = chance; below, the set is mistaken for the training data."
    table = Table(caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("data set (images)", overflow="fold")
    for name in ("bits/dim", "AUROC % [95 % CI]", "AUPR-in", "AUPR-out", "FPR95"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(f"{inside['name']} ({inside['images']:,})", f"{inside['bits_per_dim']:.3f}", "in-distribution")
    for outside in others:
        table.add_row(f"{outside['name']} ({outside['images']:,})", f"{outside['bits_per_dim']:.3f}")
        for score, metrics in outside["scores"].items():
            low, high = metrics["AUROC-CI95"]
            table.add_row(
                f"  {score}", "", f"{100 * metrics['AUROC']:.1f} [{100 * low:.1f}, {100 * high:.1f}]",
                *(f"{100 * metrics[name]:.1f}" for name in ("AUPR-IN", "AUPR-OUT", "FPR95TPR")),
            )  # fmt: skip
    return table


def notes(evaluation: dict[str, Any]) -> list[str]:
    """Say which sets are not what their name promises."""
    return [f"{s['name']} {s['split']}: {s['note']}." for s in evaluation["sets"] if s["note"]]
