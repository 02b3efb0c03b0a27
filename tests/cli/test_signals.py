"""Ctrl-C, termination, a terminal or a reader that has gone: saved, said how to go on, and the exit code of a shell."""

import os
import signal
import subprocess
import sys

import pytest

from copies import Program
from oodflow.runs import RunDir
from oodflow.training import TrainState


def _as_from_a_terminal():
    """Tests may run under nohup or in the background, where these are ignored, and a child would ignore them, too."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def train(*arguments):
    """Start a training that would take hours, and wait for its first look."""
    command = [sys.executable, "-m", "oodflow", "train", *arguments]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=_as_from_a_terminal,
    )
    for line in process.stderr:
        if line.startswith("step "):
            return process
    raise AssertionError("it ended before its first look")


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
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
    assert saved_step(run) == int(last.split("step ")[1].split(";")[0])


def saved_step(run):
    config = RunDir(run).config()
    state = TrainState.start(config.flow.build((1, 8, 8)), config.training)
    state.restore(run / "checkpoint.safetensors", config)
    return state.step


def test_a_reader_that_has_gone(tiny, tmp_path):
    run = tmp_path / "run"
    process = train(
        *tiny[1:], "training.steps=100000", "training.checkpoint_every=100000", "monitor.every=5", "--out", str(run)
    )
    process.stderr.close()
    process.stdout.close()
    assert process.wait(timeout=60) == 1
    assert saved_step(run) >= 5


def test_two_trainings_want_one_folder(oodflow, tiny, tmp_path):
    run = tmp_path / "run"
    process = train(
        *tiny[1:], "training.steps=100000", "training.checkpoint_every=5", "monitor.every=5", "--out", str(run)
    )
    for arguments in (["train", "--resume", run], [*tiny, "--out", run]):
        result = oodflow(*arguments)
        assert result.code != 0
        assert f"is being trained by process {process.pid} on " in result.error or "already holds a run" in result.error
    assert "is being trained" in oodflow("train", "--resume", run).error
    process.kill()  # with no time to tidy up
    process.communicate()
    assert (run / ".lock").exists()
    assert oodflow("train", "--resume", run, "--print-config").code == 0
    process = train("--resume", str(run))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (run / ".lock").exists()


def test_two_trainings_that_begin_at_once_in_one_folder(tiny, tmp_path):
    processes = [Program(["-m", "oodflow", *tiny, "--out", tmp_path / "run"], {}) for _ in range(3)]
    said = [process.communicate(timeout=120)[1] for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes[0] == 0
    assert all(code in (1, 2) for code in codes[1:]), said
    assert sum("Done." in text for text in said) == 1


def test_several_ranks_do_not_each_train_it_all(oodflow, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert "WORLD_SIZE is 2, but RANK" in oodflow(*tiny, "--out", tmp_path / "run").error
    assert not (tmp_path / "run").exists()
