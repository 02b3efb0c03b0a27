"""``oodflow explain``."""

import shlex
from argparse import Namespace

from oodflow.cli.display import result_console, show
from oodflow.document import Document
from oodflow.explanation import ExplainOptions, explain
from oodflow.explanation.page import observations_table
from oodflow.runs import RunDir
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Explain a run and print what came out."""
    options = ExplainOptions(**{name: getattr(arguments, name) for name in ExplainOptions.model_fields})
    explanation, folder = explain(
        RunDir.open(arguments.run_dir, arguments.restated).writing_to(arguments.out), options,
        command=shlex.join(arguments.command), root=arguments.data_dir, say=progress_console.print,
    )  # fmt: skip
    if arguments.json:
        print(explanation.as_json(), end="")
        return
    show(Document("", (observations_table(explanation),)))
    result_console.print(f"Wrote {folder}/explain.md with its figures")
