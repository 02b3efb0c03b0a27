"""``oodflow curves``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.report.curves import curves_document, write_curves
from oodflow.report.looks import read_curves


def run(arguments: Namespace) -> None:
    """Show or write how good runs were after how long."""
    curves = read_curves(arguments.run_dirs, arguments.by)
    show_or_write(arguments, curves, lambda: curves_document(curves), lambda path: write_curves(curves, path))
