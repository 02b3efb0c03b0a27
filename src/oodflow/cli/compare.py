"""``oodflow compare``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write_page
from oodflow.report.comparison import comparison_document
from oodflow.report.evaluated_runs import compare
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Show or write several runs beside the paper's numbers."""
    comparison = compare(arguments.run_dirs, say=progress_console.print)
    show_or_write_page(arguments, comparison, comparison_document, "Runs")
