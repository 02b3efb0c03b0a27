"""Where faults are tried: small trainings in processes of their own, held against one that nothing came upon."""

import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from oodflow.errors import OodflowError
from oodflow.evaluation.evaluate import evaluate
from oodflow.evaluation.options import EvaluationOptions
from oodflow.flows import load_tensors
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig, RunDir, override
from oodflow.session.interrupt import SIGNALS
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume, start
from oodflow.training import Callback

RECIPE = "photographs-realnvp"
FILES = ("weights_file", "checkpoint_file")
LATER = ("torch._dynamo", "torch.utils.tensorboard", "sklearn.datasets", "scipy.stats", "matplotlib.figure")
"""What a training imports on its way, if it is there: once for all processes."""
Prepare = Callable[[], Callback | None]
"""Readies a process for what is to come upon it, and returns what is called after each step; it is pickled."""


class Lab:
    """A folder for runs, and a training that nothing comes upon.

    Args:
        folder: where runs go.
        steps: of each training.
        seed: of the random moments.

    Attributes:
        seconds: that the undisturbed training took.
    """

    def __init__(self, folder: Path, steps: int, seed: int) -> None:
        self.folder, self.rng, self._made = folder, np.random.default_rng(seed), 0
        self.settings = [
            f"training.steps={steps}", "training.log_every=1", "training.checkpoint_every=1", "monitor.every=1000000",
            "monitor.images=16", "monitor.samples=1", "ood=noise",
        ]  # fmt: skip
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__, *LATER])
        self.whole = self.new()
        self.train(self.whole).join()
        self.whole = self.new()  # the first one waits for the server to import everything
        began = time.perf_counter()
        process = self.train(self.whole)
        process.join()
        self.seconds = time.perf_counter() - began
        if process.exitcode:
            raise OodflowError(f"a training that nothing came upon ended with {process.exitcode}: see {self.whole}.")

    def config(self, *settings: str) -> RunConfig:
        """Give the configuration of a training."""
        return override(RECIPES[RECIPE]("smoke"), [*self.settings, *settings])

    def new(self) -> Path:
        """Name a new run."""
        self._made += 1
        return self.folder / f"run-{self._made}"

    def train(self, path: Path, *settings: str, prepare: Prepare | None = None) -> BaseProcess:
        """Begin a training in a process, or go on with it."""
        return self._start(_train, path, self.config(*settings).model_dump_json(), prepare)

    def evaluate(self, path: Path, prepare: Prepare | None = None) -> int:
        """Evaluate a run in a process, and tell its exit code."""
        return _ended(self._start(_evaluate, path, prepare))

    def finish(self, path: Path) -> int:
        """Train a run to its end, and tell the exit code."""
        return _ended(self.train(path))

    def is_whole(self, path: Path) -> bool:
        """Whether a run is what it would have been without a fault, bit for bit, its log included."""
        one, other = RunDir(path), RunDir(self.whole)
        return _log(one) == _log(other) and all(_same(getattr(one, name), getattr(other, name)) for name in FILES)

    def discard(self, path: Path) -> None:
        """Remove a run that was looked at."""
        shutil.rmtree(path, ignore_errors=True)

    def wait_for_step(self, path: Path, step: int, process: BaseProcess) -> None:
        """Wait until a training has logged a step, or has ended."""
        while process.exitcode is None and len(_log(RunDir(path))) < step:
            time.sleep(0.005)

    def _start(self, function: Callable[..., None], *arguments: Any) -> BaseProcess:
        process = self._context.Process(target=function, args=arguments)
        process.start()
        return process


def logged(path: Path) -> int:
    """Tell how many steps a run has logged."""
    return len(_log(RunDir(path)))


def saved(path: Path) -> int:
    """Tell the step of the last checkpoint; 0: there is none."""
    try:
        step: int = json.loads(load_tensors(RunDir(path).checkpoint_file)[1]["counters"])["step"]
    except OodflowError:
        return 0
    return step


def _ended(process: BaseProcess) -> int:
    process.join()
    assert process.exitcode is not None, "it has ended"
    return process.exitcode


def _train(path: Path, config: str, prepare: Prepare | None) -> None:
    def train() -> None:
        callback = prepare() if prepare else None
        options = SessionOptions("oodflow reliability", callbacks=[callback] if callback else [], device="cpu")
        if RunDir(path).config_file.exists():
            resume(RunDir(path), options)
        else:
            start(RunConfig.model_validate_json(config), path, options)

    _in_a_process(train)


def _evaluate(path: Path, prepare: Prepare | None) -> None:
    def ask() -> None:
        if prepare:
            prepare()
        evaluate(RunDir(path), EvaluationOptions(), command="oodflow reliability")

    _in_a_process(ask)


def _in_a_process(work: Callable[[], None]) -> None:
    """Do the work quietly with one thread, and end the process as the command line would."""
    torch.set_num_threads(1)
    for number in SIGNALS:  # who began all this may ignore them, as nohup does
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        work()
    except OodflowError as error:
        sys.exit(getattr(error, "exit_code", 1))
    except BaseException:
        sys.exit(1)


def _log(run: RunDir) -> list[dict[str, Any]]:
    """Read the steps of a log but for their times; a line that is being written is none yet."""
    lines = run.log_file.read_text(encoding="utf-8").splitlines(keepends=True) if run.log_file.exists() else []
    steps = [json.loads(line) for line in lines if line.endswith("\n") and '"loss"' in line]
    return [{name: value for name, value in step.items() if name != "seconds"} for step in steps]


def _same(one: Path, other: Path) -> bool:
    try:
        left, right = load_tensors(one)[0], load_tensors(other)[0]
    except OodflowError:
        return False
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)
