"""Runs that end when held-out data gets no likelier, and keep the weights under which it was likeliest."""

import json
from pathlib import Path

import pytest

import oodflow as package
from making_runs import QUIET, assert_same, logged, stopped, tensors
from oodflow.data import halves, load
from oodflow.errors import UsageError
from oodflow.metrics import bits_per_dim
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig, RunDir, override
from oodflow.session.best import Best
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume, start
from oodflow.statistics import LogProb, Observation


@pytest.fixture(scope="module")
def config(trained) -> RunConfig:
    """Steps that are far too large after a while."""
    settings = [
        "training.steps=20",
        "training.lr=0.1",
        "training.ema_decay=null",
        "monitor.every=2",
        "monitor.patience=2",
        "monitor.images=16",
    ]
    return override(RunDir(trained).config(), settings)


@pytest.fixture(scope="module")
def ended(tmp_path_factory, config) -> Path:
    return start(config, tmp_path_factory.mktemp("ended") / "run", SessionOptions(**QUIET)).path


def looks(run: Path) -> dict[int, float]:
    return {line["step"]: line["inside"]["bpd"] for line in logged(run) if "inside" in line}


def test_it_ends_and_keeps_the_best_weights(ended, config):
    bits = looks(ended)
    best = min(bits, key=lambda step: bits[step])
    assert max(bits) == best + 4 < 20, f"the example should end by itself: {bits}"
    inside = halves(load(config.data, "calibration"))[0].limit(16)
    flow = package.load(ended)
    found = bits_per_dim(Observation(flow, inside)[LogProb()], flow.dims).mean()
    assert found == pytest.approx(bits[best], rel=1e-6)
    assert found < bits[max(bits)] - 1e-4
    assert not (ended / "best.safetensors").exists()


def test_resumed_equals_uninterrupted(ended, config, tmp_path):
    run = stopped(tmp_path / "run", config, max(looks(ended)) - 3)
    resume(run, SessionOptions(**QUIET))
    assert_same(tensors(run.path), tensors(ended))
    assert looks(run.path) == looks(ended)


def test_what_has_ended_is_finished(oodflow, ended, tmp_path):
    said = oodflow("train", "--resume", ended)
    assert f"{ended} is finished: nothing better had come by step {max(looks(ended))}." in said.err
    kept = tensors(ended)
    (ended / "weights.safetensors").rename(ended / "best.safetensors")  # it was stopped before it could take them
    (ended / "weights.safetensors").write_bytes((ended / "checkpoint.safetensors").read_bytes())
    assert oodflow("train", "--resume", ended).code == 0
    assert_same(tensors(ended), kept)


def test_patience_is_written_where_there_is_any():
    plain = RECIPES["mnist-glow"]("cpu")
    assert "patience" not in json.loads(plain.model_dump_json())["monitor"]
    patient = override(plain, ["monitor.patience=3"])
    assert RunConfig.model_validate_json(patient.model_dump_json()).monitor.patience == 3
    assert override(patient, ["monitor.patience=null"]) == plain


def test_patience_takes_held_out_data():
    with pytest.raises(UsageError, match=r"looks at held-out data, and split=train\+calibration leaves none"):
        override(RECIPES["mnist-glow"]("paper"), ["monitor.patience=3"])


def test_the_best_weights_tell_of_which_look_they_are_where_the_log_has_forgotten_it(config, tmp_path):
    run = RunDir(tmp_path)
    flow = config.flow.build((1, 8, 8))
    best = Best(run, "calibration", 3)
    best.see(flow, 5, 1.0)
    again = Best(run, "calibration", 3)  # of a training that has gone back to a step before
    assert (again.patience.best, again.patience.step) == (-1.0, 5)
    before = run.best_file.read_bytes()
    again.see(flow, 4, 3.0)
    assert run.best_file.read_bytes() == before
