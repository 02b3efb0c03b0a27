"""``oodflow demo``."""

from argparse import Namespace
from itertools import count
from pathlib import Path

from oodflow.cli.evaluate import evaluate_and_print
from oodflow.cli.train import train_into
from oodflow.evaluation.options import EvaluationOptions
from oodflow.recipes.demo import demo
from oodflow.session.progress import progress_console

IMAGES = 2_000  # as many as the built-in sets have; of more the picture is the same, and later


def run(arguments: Namespace) -> None:
    """Train on clothes or photographs, ask about other images, and say what came out."""
    path = arguments.out or next(path for i in count(1) if not (path := Path("runs") / f"demo-{i}").exists())
    config, why = demo(arguments.scale, arguments.data_dir)
    progress_console.print(why)
    run_dir = train_into(path, config, arguments)
    options = EvaluationOptions(scores=("likelihood", "complexity"), limit=IMAGES, device=arguments.device)
    evaluate_and_print(run_dir, options, arguments, arguments.data_dir)
