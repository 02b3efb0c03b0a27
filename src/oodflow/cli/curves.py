"""``oodflow curves``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.report.curves import curves_document, write_curves
from oodflow.report.looks import Curves, read_curve
from oodflow.runs import RunDir


def run(arguments: Namespace) -> None:
    """Show or write how good runs were after how long."""
    curves = Curves(curves=tuple(read_curve(RunDir.open(path)) for path in arguments.run_dirs), by=arguments.by)
    show_or_write(arguments, curves, lambda: curves_document(curves), lambda path: write_curves(curves, path))
