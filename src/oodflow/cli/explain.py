"""``oodflow explain``."""

import json
import shlex
from argparse import Namespace

from rich.box import SIMPLE_HEAD
from rich.table import Table

from oodflow.cli.display import result_console
from oodflow.explanation import ExplainOptions, explain
from oodflow.explanation.observations import observations
from oodflow.runs import RunDir
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Explain a run and print what came out."""
    options = ExplainOptions(
        ood=arguments.ood, images=arguments.images, measured=arguments.measured, draws=arguments.draws,
        seed=arguments.seed, train_mode=arguments.train_mode, device=arguments.device,
    )  # fmt: skip
    record = explain(
        RunDir.open(arguments.run_dir), options, command=shlex.join(arguments.command), root=arguments.data_dir,
        say=progress_console.print,
    )  # fmt: skip
    if arguments.json:
        print(json.dumps(record, indent=1))
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("section", "observation", "measured", "verdict"):
        table.add_column(name, overflow="fold")
    for one in observations(record):
        table.add_row(one.section, one.claim, one.measured, one.verdict)
    result_console.print(table)
    result_console.print(f"Wrote {record['folder']}/explain.md with its figures")
