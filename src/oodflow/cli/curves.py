"""``oodflow curves``."""

import json
from argparse import Namespace
from dataclasses import asdict

from oodflow.experiments import RunDir
from oodflow.experiments.curves import as_markdown, read_curve, write


def run(arguments: Namespace) -> None:
    """Print or write how good runs were after how long."""
    curves = [read_curve(RunDir.open(path)) for path in arguments.run_dirs]
    if arguments.write is not None:
        print(f"Wrote {', '.join(map(str, write(curves, arguments.write)))}")
    elif arguments.json:
        print(json.dumps([asdict(curve) for curve in curves], indent=1))
    else:
        print(as_markdown(curves, "Runs over time"), end="")
