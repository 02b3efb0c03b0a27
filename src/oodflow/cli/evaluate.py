"""``oodflow evaluate``."""

import json
import shlex
from argparse import Namespace
from pathlib import Path

from oodflow.cli.display import evaluation_table, notes, result_console, scoring_progress
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.evaluate import evaluate
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import Evaluation
from oodflow.runs import RunDir


def run(arguments: Namespace) -> None:
    """Evaluate a run and print the table."""
    options = EvaluationOptions(
        ood=tuple(arguments.ood),
        scores=tuple(arguments.scores),
        seed=arguments.seed,
        draws=arguments.draws,
        limit=arguments.limit,
        batch_size=arguments.batch_size,
        device=arguments.device,
    )
    evaluate_and_print(RunDir.open(arguments.run_dir), options, arguments, arguments.data_dir)


def evaluate_and_print(
    run_dir: RunDir, options: EvaluationOptions, arguments: Namespace, root: Path | None = None
) -> Evaluation:
    """Evaluate with a progress display, and print JSON or a table with its meaning."""
    config = run_dir.config()
    with scoring_progress() as progress:
        command = shlex.join(arguments.command)
        evaluation, folder = evaluate(run_dir, options, command=command, root=root, progress=progress)
    if arguments.json:
        print(json.dumps(evaluation.as_dict(), indent=2))
        return evaluation
    result_console.print(evaluation_table(evaluation))
    step, steps = evaluation.step, config.training.steps if config.training else None
    unfinished = (
        "" if step in (None, steps) else f"This run is unfinished: its weights are of step {step:,} of {steps:,}."
    )
    before = f"This replaces the same evaluation of {evaluation.replaces}." if evaluation.replaces else ""
    for line in [*notes(evaluation), unfinished, before, conclusion(evaluation)]:
        if line:
            result_console.print(line)
    result_console.print(f"Wrote {folder}")
    return evaluation
