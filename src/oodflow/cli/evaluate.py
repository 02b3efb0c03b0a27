"""``oodflow evaluate``."""

import json
import shlex
from argparse import Namespace
from pathlib import Path
from typing import Any

from oodflow.cli.display import evaluation_table, notes, result_console, scoring_progress
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.evaluate import EvaluationOptions, evaluate
from oodflow.runs import RunDir


def run(arguments: Namespace) -> None:
    """Evaluate a run and print the table."""
    options = EvaluationOptions(
        ood=tuple(arguments.ood),
        scores=tuple(arguments.scores),
        seed=arguments.seed,
        draws=arguments.dequantisations,
        limit=arguments.limit,
        batch_size=arguments.batch_size,
        device=arguments.device,
    )
    evaluate_and_print(RunDir.open(arguments.run_dir), options, arguments, arguments.data_dir)


def evaluate_and_print(
    run_dir: RunDir, options: EvaluationOptions, arguments: Namespace, root: Path | None = None
) -> dict[str, Any]:
    """Evaluate with a progress display, and print JSON or a table with its meaning."""
    replaced, config = run_dir.record().get("evaluation"), run_dir.config()
    with scoring_progress() as progress:
        command = shlex.join(arguments.command)
        evaluation = evaluate(run_dir, options, command=command, root=root, progress=progress)
    if arguments.json:
        print(json.dumps(evaluation, indent=2))
        return evaluation
    result_console.print(evaluation_table(evaluation))
    step, steps = evaluation["step"], config.training.steps if config.training else None
    unfinished = (
        "" if step in (None, steps) else f"This run is unfinished: its weights are of step {step:,} of {steps:,}."
    )
    before = f"This replaces the evaluation of {replaced['date']}." if replaced else ""
    for line in [*notes(evaluation), unfinished, before, conclusion(evaluation)]:
        if line:
            result_console.print(line)
    result_console.print(f"Wrote {run_dir.likelihoods_file}, {run_dir.samples_file} and {run_dir.record_file}")
    return evaluation
