"""``oodflow observations``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write_page
from oodflow.explanation.explain import read_explanations
from oodflow.explanation.page import observations_document


def run(arguments: Namespace) -> None:
    """Show or write what explained runs say about the paper's observations."""
    found = read_explanations(arguments.run_dirs)
    show_or_write_page(arguments, found, observations_document, "Observations")
