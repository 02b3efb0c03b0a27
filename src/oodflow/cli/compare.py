"""``oodflow compare``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write_page
from oodflow.report.comparison import comparison_document
from oodflow.report.evaluated_runs import compare


def run(arguments: Namespace) -> None:
    """Show or write several runs beside the paper's numbers."""
    show_or_write_page(arguments, compare(arguments.run_dirs), comparison_document, "Runs")
