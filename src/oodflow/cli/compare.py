"""``oodflow compare``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.report.comparison import comparison_document
from oodflow.report.evaluated_runs import compare
from oodflow.runs.pages import write_page


def run(arguments: Namespace) -> None:
    """Show or write several runs beside the paper's numbers."""
    comparison = compare(arguments.run_dirs)
    show_or_write(
        arguments, comparison, lambda: comparison_document(comparison),
        lambda path: write_page(path, comparison, lambda title: comparison_document(comparison, title)),
    )  # fmt: skip
