"""``oodflow train``."""

import json
import shlex
from argparse import Namespace
from math import prod
from pathlib import Path

from oodflow.cli.display import progress_console, result_console, training_progress
from oodflow.data import load
from oodflow.errors import UsageError, unknown
from oodflow.experiments import RECIPES, RunConfig, RunDir, override
from oodflow.experiments.train import go_on, start


def run(arguments: Namespace) -> None:
    """Train a recipe in a new run directory, or go on with one."""
    if arguments.list:
        for name in RECIPES:
            config = RECIPES[name]("cpu")
            result_console.print(f"{name:24} {config.flow.kind} on {config.data}, asked about {', '.join(config.ood)}")
        return
    if arguments.resume is not None:
        if arguments.recipe or arguments.seed is not None or arguments.precision is not None:
            raise UsageError("--resume goes on with a run as it was begun: leave the recipe and its settings away.")
        train_into(arguments.resume, None, arguments)
        return
    config = config_of(arguments)
    if arguments.print_config:
        print(config.model_dump_json(indent=2))
        return
    train_into(arguments.out or Path("runs") / f"{config.recipe}-{config.scale}", config, arguments)


def config_of(arguments: Namespace) -> RunConfig:
    """Build the configuration that the arguments ask for."""
    if arguments.recipe is None:
        raise UsageError("train needs a RECIPE, such as fashion-mnist-realnvp, or --resume RUN; see --list.")
    if arguments.recipe not in RECIPES:
        raise unknown("recipe", arguments.recipe, RECIPES)
    settings = list(arguments.overrides)
    settings += [] if arguments.seed is None else [f"training.seed={arguments.seed}"]
    settings += [] if arguments.precision is None else [f"training.precision={json.dumps(arguments.precision)}"]
    return override(RECIPES[arguments.recipe](arguments.scale), settings)


def train_into(path: Path, config: RunConfig | None, arguments: Namespace) -> RunDir:
    """Train with a progress display: a new run for ``config``, or the one at ``path`` where that is none."""
    settings = config or RunDir.open(path).config()
    root = getattr(arguments, "data_dir", None)
    images = load(settings.data, settings.split, root=root)
    say = progress_console.print
    note = f" ({images.note})" if images.note else ""
    say(f"Training {settings.flow.kind} on {len(images):,} images of {settings.data}{note} in {path}")
    options = {"command": shlex.join(arguments.command), "root": root, "say": say, "device": arguments.device}
    with training_progress(settings.training.steps, prod(images.shape)) as callback:
        if config is None:
            run_dir = RunDir.open(path)
            go_on(run_dir, callbacks=[callback], **options)
        else:
            run_dir = start(config, path, callbacks=[callback], **options)
    say(f"Done. Next: oodflow evaluate {shlex.quote(str(path))}")
    return run_dir
