"""Progress of scoring, and documents, on the terminal. Progress goes to stderr, results to stdout."""

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from oodflow.document import Document, as_markdown
from oodflow.document.terminal import show as show_on_terminal
from oodflow.evaluation.evaluate import Progress as EvaluationProgress
from oodflow.records import Record
from oodflow.runs.pages import write_page
from oodflow.session.progress import bar

# Names and paths are printed as they are: square brackets are no markup in them, nor colons emoji.
result_console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def line(text: str, style: str | None = None) -> None:
    """Print a line of a list: on a terminal wrapped between words, however narrow it is, elsewhere as it is."""
    result_console.print(text, style=style, soft_wrap=not result_console.is_terminal)


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


R = TypeVar("R", bound=Record)


def show_or_write_page(arguments: Namespace, record: R, document: Callable[[R, str], Document], title: str) -> None:
    """The same of a page without figures, which ``document`` makes of the record and a title."""
    show_or_write(
        arguments, record, lambda: document(record, title),
        lambda path: write_page(path, record, lambda of_file: document(record, of_file)),
    )  # fmt: skip
