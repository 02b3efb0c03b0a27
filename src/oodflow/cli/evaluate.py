"""``oodflow evaluate``."""

import json
import shlex
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path

from oodflow import ranks
from oodflow.cli.display import result_console, scoring_progress, show
from oodflow.errors import UsageError
from oodflow.evaluation.evaluate import evaluate
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import Evaluation
from oodflow.report.evaluation import evaluation_document
from oodflow.runs import RunDir


def run(arguments: Namespace) -> None:
    """Evaluate runs and print a table of each; as JSON a record, or a list of those of several runs."""
    options = EvaluationOptions(**{name: getattr(arguments, name) for name in EvaluationOptions.model_fields})
    runs = [
        RunDir.open(path, arguments.restated) for path in arguments.run_dirs
    ]  # all, before the first takes its time
    if arguments.out is not None and len(runs) > 1:
        raise UsageError(
            f"--out is a folder for what comes of one run, and {len(runs)} are named: evaluate them singly."
        )
    runs = [run.writing_to(arguments.out) for run in runs]
    if arguments.json and len(runs) > 1:
        found = [_evaluate(run_dir, options, arguments, arguments.data_dir)[0].as_dict() for run_dir in runs]
        if ranks.is_first():
            print(json.dumps(found, indent=1, allow_nan=False))
        return
    for run_dir in runs:
        if len(runs) > 1 and ranks.is_first():
            result_console.print(f"\n{run_dir.path}\n")
        evaluate_and_print(run_dir, options, arguments, arguments.data_dir)


def evaluate_and_print(
    run_dir: RunDir, options: EvaluationOptions, arguments: Namespace, root: Path | None = None
) -> None:
    """Evaluate with a progress display, and print JSON or a table with what it says."""
    evaluation, folder = _evaluate(run_dir, options, arguments, root)
    if not ranks.is_first():
        return
    if arguments.json:
        print(evaluation.as_json(), end="")
        return
    config = run_dir.config()
    show(evaluation_document(evaluation))
    step, steps = evaluation.step, config.training.steps if config.training else None
    if step is not None and step != steps:
        result_console.print(f"This run is unfinished: its weights are of step {step:,} of {steps:,}.")
    if evaluation.replaces:
        result_console.print(f"This replaces the same evaluation of {evaluation.replaces}.")
    result_console.print(f"Wrote {folder}")


def _evaluate(
    run_dir: RunDir, options: EvaluationOptions, arguments: Namespace, root: Path | None
) -> tuple[Evaluation, Path]:
    with scoring_progress() if ranks.is_first() else nullcontext() as progress:
        command = shlex.join(arguments.command)
        return evaluate(run_dir, options, command=command, root=root, progress=progress)
