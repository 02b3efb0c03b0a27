"""Making runs that stop, and reading what runs leave behind."""

import json

import pytest
import torch
from safetensors.torch import load_file

from oodflow.runs import RunDir
from oodflow.session.interrupt import Interrupted
from oodflow.session.options import SessionOptions
from oodflow.session.train import start

QUIET = {"command": "test", "say": lambda line: None}


def logged(path):
    return [json.loads(line) for line in (path / "log.jsonl").read_text().splitlines()]


def without_times(lines):
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def record_of(path):
    return json.loads((path / "record.json").read_text())


def tensors(path, name="weights.safetensors"):
    return load_file(path / name)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def stop_after(step):
    """Make a callback that stops a run as a signal would."""

    def callback(state, report):
        if report.step == step:
            raise Interrupted(f"stopped after step {step}", 130)

    return callback


def stopped(path, config, step):
    """A run that was stopped after a step."""
    with pytest.raises(Interrupted, match=f"saved. Go on with `oodflow train --resume {path}`"):
        start(config, path, SessionOptions(**QUIET, callbacks=[stop_after(step)]))
    return RunDir(path)
