"""``oodflow export``."""

import shlex
from argparse import Namespace

from oodflow.cli.display import scoring_progress
from oodflow.deployment.caller import Caller
from oodflow.deployment.export import export
from oodflow.deployment.options import DetectionOptions
from oodflow.runs import RunDir
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Write a scorer as ONNX, with its calibration beside it."""
    options = DetectionOptions(score=arguments.score, fpr=0.5, seed=arguments.seed, limit=arguments.limit)
    with scoring_progress() as progress:
        caller = Caller(shlex.join(arguments.command), arguments.data_dir, progress, progress_console.print)
        run_dir = RunDir.open(arguments.run_dir, arguments.restated).writing_to(arguments.out)
        record, (model, beside) = export(run_dir, arguments.model, options, caller)
    if arguments.json:
        print(record.as_json(), end="")
    else:
        print(f"Wrote {model} and {beside}")
