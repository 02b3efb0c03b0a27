"""``oodflow compare``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.report.comparison import as_markdown, compare, write


def run(arguments: Namespace) -> None:
    """Print or write the records of several runs beside the paper's numbers."""
    records = compare(arguments.run_dirs)
    show_or_write(arguments, records, lambda: as_markdown(records, "Runs"), lambda path: write(records, path))
