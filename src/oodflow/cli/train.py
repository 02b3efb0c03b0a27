"""``oodflow train``."""

import hashlib
import json
import shlex
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path

from oodflow import ranks
from oodflow.cli.display import line
from oodflow.cli.parser import parse
from oodflow.errors import UsageError
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig, RunDir, override
from oodflow.runs.starting_weights import begin_from
from oodflow.session.options import SessionOptions
from oodflow.session.progress import progress_console, training_progress
from oodflow.session.train import resume, start

SETTINGS = ("recipe", "overrides", "scale", "seed", "precision", "from")
EVERYWHERE = ("command", "run", "parser", "debug", "plugins", "plugins_before", "plugins_after")


def run(arguments: Namespace) -> None:
    """List the recipes, print a configuration, train a recipe in a new run directory, or go on with one."""
    if arguments.list:
        _require_only(arguments, "--list lists the recipes", "list")
        for name in RECIPES:
            config = RECIPES[name]("cpu")
            asked = f", asked about {', '.join(config.ood)}" if config.ood else ""
            line(f"{name:32} {config.flow.title} on {config.data}{asked}")
    elif arguments.print_config and arguments.resume is not None:
        _require_only(arguments, "--print-config prints how the run was begun", "print_config", "resume")
        print(RunDir.open(arguments.resume).config().model_dump_json(indent=2))
    elif arguments.print_config:
        _require_only(arguments, "--print-config writes and trains nothing", "print_config", *SETTINGS)
        print(config_of(arguments).model_dump_json(indent=2))
    elif arguments.resume is not None:
        why = "--resume goes on with a run as it was begun"
        _require_only(arguments, why, "resume", "overrides", "device", "data_dir")
        _say_next(train_into(arguments.resume, None, arguments))
    else:
        with ranks.everywhere():
            config = config_of(arguments)
        _say_next(train_into(arguments.out or default_path(config), config, arguments))


def _require_only(arguments: Namespace, why: str, *allowed: str) -> None:
    """Refuse what was given too but would be ignored.

    Raises:
        UsageError: naming it.
    """
    defaults = vars(parse(["train"]))
    given = {name for name, value in vars(arguments).items() if value != defaults.get(name)}
    for name in sorted(given.difference(EVERYWHERE, allowed)):
        words = {"recipe": arguments.recipe, "overrides": " ".join(arguments.overrides)}
        raise UsageError(f"{why}: leave {words.get(name, '--' + name.replace('_', '-'))} away.")


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
    config = override(RECIPES[arguments.recipe](arguments.scale or "cpu"), settings)
    weights: Path | None = getattr(arguments, "from")
    return config if weights is None else begin_from(config, weights)


def train_into(path: Path, config: RunConfig | None, arguments: Namespace) -> RunDir:
    """Train with a progress display: a new run for ``config``, or the one at ``path`` where that is none."""
    with training_progress() if ranks.is_first() else nullcontext() as callback:
        options = SessionOptions(
            command=shlex.join(arguments.command),
            root=getattr(arguments, "data_dir", None),
            callbacks=[callback] if callback else [],
            say=progress_console.print,
            device=arguments.device,
        )
        if config is None:
            resume(RunDir.open(path), options, arguments.overrides)
        else:
            start(config, path, options)
    return RunDir(path)


def _say_next(run_dir: RunDir) -> None:
    if ranks.is_first():
        progress_console.print(f"Done. Next: oodflow evaluate {shlex.quote(str(run_dir.path))}")
