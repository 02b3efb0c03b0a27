"""``oodflow compare``."""

import json
from argparse import Namespace

from oodflow.experiments import RunDir
from oodflow.experiments.compare import as_markdown, compare, write


def run(arguments: Namespace) -> None:
    """Print or write the records of several runs beside the paper's numbers."""
    records = compare([RunDir.open(path) for path in arguments.run_dirs])
    if arguments.write is not None:
        page, data = write(records, arguments.write)
        print(f"Wrote {page} and {data}")
    elif arguments.json:
        print(json.dumps(records, indent=2))
    else:
        print(as_markdown(records, "Runs"), end="")
