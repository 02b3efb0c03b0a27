"""``oodflow train``."""

import hashlib
import json
import shlex
from argparse import Namespace
from pathlib import Path

from oodflow.cli.display import progress_console, result_console, training_progress
from oodflow.errors import UsageError
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig, RunDir, override
from oodflow.session.train import SessionOptions, resume, start


def run(arguments: Namespace) -> None:
    """Train a recipe in a new run directory, or go on with one."""
    if arguments.list:
        for name in RECIPES:
            config = RECIPES[name]("cpu")
            result_console.print(f"{name:32} {config.flow.title} on {config.data}, asked about {', '.join(config.ood)}")
        return
    if arguments.resume is not None:
        if any(getattr(arguments, name) is not None for name in ("recipe", "scale", "out", "seed", "precision")):
            raise UsageError("--resume goes on with a run as it was begun: leave the recipe and its settings away.")
        _say_next(train_into(arguments.resume, None, arguments))
        return
    config = config_of(arguments)
    if arguments.print_config:
        print(config.model_dump_json(indent=2))
        return
    _say_next(train_into(arguments.out or default_path(config), config, arguments))


def default_path(config: RunConfig) -> Path:
    """Name a run after its recipe; a changed one gets a digest, so as not to pass for the recipe's own."""
    name = f"{config.recipe}-{config.scale}"
    if config != RECIPES[config.recipe](config.scale):
        name += "-" + hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:6]
    return Path("runs") / name


def config_of(arguments: Namespace) -> RunConfig:
    """Build the configuration that the arguments ask for."""
    if arguments.recipe is None:
        raise UsageError("train needs a RECIPE, such as fashion-mnist-realnvp, or --resume RUN; see --list.")
    settings = list(arguments.overrides)
    settings += [] if arguments.seed is None else [f"training.seed={arguments.seed}"]
    settings += [] if arguments.precision is None else [f"training.precision={json.dumps(arguments.precision)}"]
    return override(RECIPES[arguments.recipe](arguments.scale or "cpu"), settings)


def train_into(path: Path, config: RunConfig | None, arguments: Namespace) -> RunDir:
    """Train with a progress display: a new run for ``config``, or the one at ``path`` where that is none."""
    with training_progress() as callback:
        options = SessionOptions(
            command=shlex.join(arguments.command),
            root=getattr(arguments, "data_dir", None),
            callbacks=[callback],
            say=progress_console.print,
            device=arguments.device,
        )
        if config is None:
            resume(RunDir.open(path), options)
        else:
            start(config, path, options)
    return RunDir(path)


def _say_next(run_dir: RunDir) -> None:
    progress_console.print(f"Done. Next: oodflow evaluate {shlex.quote(str(run_dir.path))}")
