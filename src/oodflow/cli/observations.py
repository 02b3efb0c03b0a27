"""``oodflow observations``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.explanation.explain import read_explanations
from oodflow.explanation.page import observations_document
from oodflow.runs import RunDir
from oodflow.runs.pages import write_page


def run(arguments: Namespace) -> None:
    """Show or write what explained runs say about the paper's observations."""
    found = read_explanations([RunDir.open(path) for path in arguments.run_dirs])
    show_or_write(
        arguments, found, lambda: observations_document(found),
        lambda path: write_page(path, found, lambda title: observations_document(found, title)),
    )  # fmt: skip
