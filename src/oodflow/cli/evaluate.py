"""``oodflow evaluate``."""

import shlex
from argparse import Namespace
from pathlib import Path

from oodflow.cli.display import result_console, scoring_progress, show
from oodflow.evaluation.evaluate import evaluate
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import Evaluation
from oodflow.report.evaluation import evaluation_document
from oodflow.runs import RunDir


def run(arguments: Namespace) -> None:
    """Evaluate a run and print the table."""
    options = EvaluationOptions(**{name: getattr(arguments, name) for name in EvaluationOptions.model_fields})
    evaluate_and_print(RunDir.open(arguments.run_dir), options, arguments, arguments.data_dir)


def evaluate_and_print(
    run_dir: RunDir, options: EvaluationOptions, arguments: Namespace, root: Path | None = None
) -> Evaluation:
    """Evaluate with a progress display, and print JSON or a table with what it says."""
    config = run_dir.config()
    with scoring_progress() as progress:
        command = shlex.join(arguments.command)
        evaluation, folder = evaluate(run_dir, options, command=command, root=root, progress=progress)
    if arguments.json:
        print(evaluation.as_json(), end="")
        return evaluation
    show(evaluation_document(evaluation))
    step, steps = evaluation.step, config.training.steps if config.training else None
    if step is not None and step != steps:
        result_console.print(f"This run is unfinished: its weights are of step {step:,} of {steps:,}.")
    if evaluation.replaces:
        result_console.print(f"This replaces the same evaluation of {evaluation.replaces}.")
    result_console.print(f"Wrote {folder}")
    return evaluation
