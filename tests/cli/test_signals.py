"""Ctrl-C and termination: saved, said how to go on, and the exit code that a shell expects."""

import os
import signal
import subprocess
import sys

import pytest

from oodflow.runs import RunDir
from oodflow.training import TrainState


def train(*arguments):
    """Start a training that would take hours, and wait for its first look."""
    command = [sys.executable, "-m", "oodflow", "train", *arguments]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    for line in process.stderr:
        if line.startswith("step "):
            return process
    raise AssertionError("it ended before its first look")


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_by_a_signal(oodflow, tiny, tmp_path, signum, code):
    run = tmp_path / "run"
    process = train(
        *tiny[1:], "training.steps=100000", "training.checkpoint_every=100000", "monitor.every=5", "--out", str(run)
    )
    process.send_signal(signum)
    out, err = process.communicate(timeout=60)
    last = err.splitlines()[-1]
    assert process.returncode == code
    assert last.startswith("oodflow: stopped after step ")
    assert last.endswith(f"; saved. Go on with `oodflow train --resume {run}`.")
    assert "Traceback" not in err
    assert out == ""
    step = int(last.split("step ")[1].split(";")[0])
    config = RunDir(run).config()
    state = TrainState.start(config.flow.build((1, 8, 8)), config.training)
    state.restore(run / "checkpoint.safetensors", config)
    assert state.step == step
