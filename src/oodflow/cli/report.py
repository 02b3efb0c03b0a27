"""``oodflow report``."""

import json
from argparse import Namespace

from oodflow.report.evaluated_runs import run_of
from oodflow.report.run_report import run_report
from oodflow.runs.pages import write_report
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Write what there is of runs as a page and its twin, and say where."""
    first = run_of(arguments.run_dirs[0])
    path = arguments.write or (first.out or first.path) / "report"
    report = run_report(
        arguments.run_dirs, restated=arguments.restated, root=arguments.data_dir, device=arguments.device,
        say=progress_console.print,
    )  # fmt: skip
    page, twin, *pictures = write_report(path, report.document, report.pictures.__getitem__)
    if arguments.json:
        print(json.dumps({"html": str(page), "markdown": str(twin), "pictures": [str(file) for file in pictures]}))
    else:
        print(f"Wrote {page} and {twin}" + (f" with pictures in {pictures[0].parent}" if pictures else ""))
