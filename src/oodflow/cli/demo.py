"""``oodflow demo``."""

from argparse import Namespace
from itertools import count
from pathlib import Path

from oodflow.cli.evaluate import evaluate_and_print
from oodflow.cli.train import train_into
from oodflow.evaluation.options import EvaluationOptions
from oodflow.recipes import RECIPES


def run(arguments: Namespace) -> None:
    """Train on photographs, ask about digits, flat, smooth and noisy images, and say what came out."""
    path = arguments.out or next(path for i in count(1) if not (path := Path("runs") / f"demo-{i}").exists())
    run_dir = train_into(path, RECIPES["photographs-realnvp"](arguments.scale), arguments)
    options = EvaluationOptions(scores=("likelihood", "complexity"), device=arguments.device)
    evaluate_and_print(run_dir, options, arguments)
