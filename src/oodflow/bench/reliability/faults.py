"""Faults by name: what comes upon a training, and whether it is whole in the end."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from oodflow.bench.reliability.lab import RECIPE, Lab, logged, saved
from oodflow.bench.reliability.record import Fault
from oodflow.training import Callback, StepReport, TrainState

WHOLE = "resumed, it ends as one that nothing came upon, bit for bit, log included"
SAVES = f"the step before is saved; {WHOLE}"
RARELY = "training.checkpoint_every=1000000"
"""A checkpoint is there only if the fault made one."""


def kills(lab: Lab, times: int) -> Fault:
    """Kill trainings that save every step at random moments, and again when they go on."""
    killed = lost = runs = redone = 0
    while killed < times:
        path = lab.new()
        while True:
            process = lab.train(path)
            process.join(float(lab.rng.uniform(0, lab.seconds)))
            if process.exitcode is not None:
                break
            process.kill()
            process.join()
            killed += 1
            redone = max(redone, logged(path) - saved(path))
        runs += 1
        lost += not lab.is_whole(path)
        lab.discard(path)
    note = f"{runs} trainings, each until it came to its end; at most {redone} steps were taken again"
    return Fault(what="SIGKILL at a random moment", promise=WHOLE, tried=killed, lost=lost, note=note)


def signals(lab: Lab, number: signal.Signals, times: int) -> Fault:
    """Ask trainings to stop, at a random moment after a random step."""
    lost = 0
    for _ in range(times):
        path, step, wait = lab.new(), _random_step(lab), float(lab.rng.uniform(0, 0.01))
        process = lab.train(path, RARELY, prepare=partial(_signal_after, step, number, wait))
        process.join()
        stopped = process.exitcode == 128 + number and saved(path) >= step
        lost += not (stopped and _whole_after(lab, path))
    return Fault(what=number.name, promise=f"exit code {128 + number}; {SAVES}", tried=times, lost=lost)


def broken_pipe(lab: Lab, times: int) -> Fault:
    """Read one line of what a command says, and no more, as ``| head -1`` does."""
    lost, settings = 0, [*lab.settings, RARELY, "monitor.every=3"]
    for _ in range(times):
        path = lab.new()
        command = [sys.executable, "-m", "oodflow", "train", RECIPE, "--scale", "smoke", "--out", str(path), *settings]
        shell = f"{shlex.join(command)} 2>&1 | head -1"
        subprocess.run(shell, shell=True, stdout=subprocess.DEVNULL, check=False)
        lost += not (saved(path) > 0 and _whole_after(lab, path))
    return Fault(what="nobody reads the output any more (`| head -1`)", promise=SAVES, tried=times, lost=lost)


def errors(lab: Lab, error: type[BaseException], times: int) -> Fault:
    """Raise something in the middle of a backward pass."""
    lost = 0
    for _ in range(times):
        path, step = lab.new(), _random_step(lab)
        process = lab.train(path, prepare=partial(_raise_in_step, step + 1, error))
        process.join()
        lost += not (process.exitcode == 1 and saved(path) == step and _whole_after(lab, path))
    what = f"{error.__name__} in the middle of a step"
    promise = f"exit code 1; the steps before are saved, and nothing half done is; {WHOLE}"
    return Fault(what=what, promise=promise, tried=times, lost=lost)


def full_disk(lab: Lab, times: int) -> Fault:
    """Let the system refuse to write more than a little into any file."""
    lost = 0
    for _ in range(times):
        path, step = lab.new(), _random_step(lab)
        process = lab.train(path, prepare=partial(_fill_the_disk_after, step))
        process.join()
        lost += not (process.exitcode == 1 and saved(path) == step and _whole_after(lab, path))
    return Fault(
        what="no file may grow any more while training", tried=times, lost=lost,
        promise=f"exit code 1; the checkpoint before stays; {WHOLE}",
    )  # fmt: skip


def full_disk_in_evaluation(lab: Lab, times: int) -> Fault:
    """The same while an evaluation is written that takes the place of another."""
    path = lab.new()
    lab.finish(path)
    lab.evaluate(path)
    lost = 0
    for _ in range(times):
        before = _contents(path / "evaluations")
        code = lab.evaluate(path, _fill_the_disk)
        lost += not (code == 1 and before and _contents(path / "evaluations") == before)
    return Fault(
        what="no file may grow any more while evaluating", tried=times, lost=lost,
        promise="exit code 1; the former evaluation stays, whole",
    )  # fmt: skip


def flipped_bits(lab: Lab, times: int) -> Fault:
    """Flip a random bit of the last checkpoint of a training that was killed half way."""
    half = lab.new()
    step = logged(lab.whole) // 2
    process = lab.train(half)
    lab.wait_for_step(half, step, process)
    process.kill()
    process.join()
    lost = 0
    for _ in range(times):
        path = lab.new()
        shutil.copytree(half, path)
        checkpoint = path / "checkpoint.safetensors"
        content = bytearray(checkpoint.read_bytes())
        content[lab.rng.integers(len(content))] ^= 1 << lab.rng.integers(8)
        checkpoint.write_bytes(content)
        lost += not _whole_after(lab, path)
    promise = f"it is noticed; training goes on from the checkpoint before, and {WHOLE.removeprefix('resumed, it ')}"
    return Fault(what="a flipped bit in the last checkpoint", promise=promise, tried=times, lost=lost)


def two_jobs(lab: Lab, times: int) -> Fault:
    """Begin two trainings in one folder at once, and go on with one that runs."""
    lost = 0
    for _ in range(times):
        path = lab.new()
        pair = [lab.train(path) for _ in range(2)]
        third = None
        while third is None or third.exitcode is None:
            if third is None and (path / "config.json").exists():
                third = lab.train(path)
            for process in pair:
                process.join(0.01)
            if third is None and all(process.exitcode is not None for process in pair):
                break
        for process in pair:
            process.join()
        codes = sorted(process.exitcode or 0 for process in pair)
        lost += not (codes in ([0, 1], [0, 2]) and lab.is_whole(path))
        lab.discard(path)
    promise = "one trains, the others are told by whom, and it ends as one that nothing came upon"
    return Fault(
        what="two trainings, and a resumed one, in one folder at once", promise=promise, tried=times, lost=lost
    )


Try = Callable[[Lab, int], Fault]
FAULTS: tuple[Try, ...] = (
    lambda lab, times: signals(lab, signal.SIGINT, times),
    lambda lab, times: signals(lab, signal.SIGTERM, times),
    lambda lab, times: signals(lab, signal.SIGHUP, times),
    broken_pipe,
    lambda lab, times: errors(lab, MemoryError, times),
    lambda lab, times: errors(lab, torch.OutOfMemoryError, times),
    lambda lab, times: errors(lab, RuntimeError, times),
    full_disk,
    full_disk_in_evaluation,
    flipped_bits,
    two_jobs,
)
"""All but kills, which have a number of their own."""


def _random_step(lab: Lab) -> int:
    """Draw a step that is neither the first nor one of the last."""
    return int(lab.rng.integers(2, logged(lab.whole) - 2))


def _whole_after(lab: Lab, path: Path) -> bool:
    """Go on with a run to its end, and see whether it is whole; it is removed then."""
    whole = lab.finish(path) == 0 and lab.is_whole(path)
    lab.discard(path)
    return whole


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _signal_after(step: int, number: signal.Signals, seconds: float) -> Callback:
    """Make a callback that lets a signal come some time after a step, which lasts until then at least."""

    def callback(state: TrainState, report: StepReport) -> None:
        if report.step == step:
            threading.Timer(seconds, os.kill, (os.getpid(), number)).start()
        elif report.step > step:
            time.sleep(seconds)

    return callback


def _raise_in_step(step: int, error: type[BaseException]) -> Callback:
    """Make a callback that lets the backward pass of a step fail."""

    def fail(gradient: Tensor) -> None:
        raise error("there is no more room")

    def callback(state: TrainState, report: StepReport) -> None:
        if report.step == step - 1:
            torch.autograd.graph.register_multi_grad_hook([next(state.flow.parameters())], fail, mode="any")

    return callback


def _fill_the_disk_after(step: int) -> Callback:
    def callback(state: TrainState, report: StepReport) -> None:
        if report.step == step + 1:
            _fill_the_disk()

    return callback


def _fill_the_disk() -> None:
    """Let no file become larger than a line."""
    import resource  # not on all systems

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
