"""``oodflow observations``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.explanation.page import collected, read_explanations, write
from oodflow.runs import RunDir


def run(arguments: Namespace) -> None:
    """Print or write what explained runs say about the paper's observations."""
    records = read_explanations([RunDir.open(path) for path in arguments.run_dirs])
    show_or_write(arguments, records, lambda: collected(records, "Observations"), lambda path: write(records, path))
