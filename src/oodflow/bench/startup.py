"""How long a command takes before it does anything."""

import subprocess
import sys
from functools import partial

from oodflow.bench.record import Startup
from oodflow.bench.rounds import Task, interleave, ratios, summary

COMMANDS = {
    "python": ["-c", "pass"],
    "import oodflow": ["-c", "import oodflow"],
    "oodflow --help": ["-m", "oodflow", "--help"],
    "import torch": ["-c", "import torch"],
    "all that train and evaluate import": ["-c", "import oodflow.session.train, oodflow.evaluation.evaluate"],
}
BESIDE = {  # what each is a multiple of
    "import oodflow": "python",
    "oodflow --help": "python",
    "all that train and evaluate import": "import torch",
}


def measure(rounds: int, least: float) -> Startup:
    """Time processes from start to end, by turns.

    Returns:
        Ratios to what each stands beside: a Python that does nothing, or one that imports torch.
    """
    tasks = [Task(name, partial(_run, arguments)) for name, arguments in COMMANDS.items()]
    seconds = interleave(tasks, rounds, least=least)
    return Startup(
        seconds={name: summary(values) for name, values in seconds.items()},
        ratios={name: summary(ratios(seconds[name], seconds[beside])) for name, beside in BESIDE.items()},
        beside=BESIDE,
    )


def _run(arguments: list[str]) -> None:
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
