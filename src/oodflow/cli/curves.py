"""``oodflow curves``."""

from argparse import Namespace
from dataclasses import asdict

from oodflow.cli.display import show_or_write
from oodflow.report.curves import as_markdown, read_curve, write
from oodflow.runs import RunDir


def run(arguments: Namespace) -> None:
    """Print or write how good runs were after how long."""
    curves = [read_curve(RunDir.open(path)) for path in arguments.run_dirs]
    data = [asdict(curve) for curve in curves]
    show_or_write(arguments, data, lambda: as_markdown(curves, "Runs over time"), lambda path: write(curves, path))
