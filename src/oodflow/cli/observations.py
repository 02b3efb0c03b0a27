"""``oodflow observations``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.experiments import RunDir
from oodflow.experiments.explain.page import collected, read_explanations, write


def run(arguments: Namespace) -> None:
    """Print or write what explained runs say about the paper's observations."""
    records = read_explanations([RunDir.open(path) for path in arguments.run_dirs])
    show_or_write(arguments, records, lambda: collected(records, "Observations"), lambda path: write(records, path))
