"""TensorBoard: the names of the original's logs, and nothing lost where it is not installed."""

import importlib.util

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from making_runs import QUIET, logged, stopped
from oodflow.data import load
from oodflow.runs import RunDir
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume


def events_of(folder):
    return EventAccumulator(str(folder)).Reload()


def steps_of(events, tag):
    return [event.step for event in events.Scalars(tag)]


def test_tags(trained, sets):
    main, *others = [events_of(path) for path in sorted({file.parent for file in trained.rglob("events.*")})]
    assert set(main.Tags()["scalars"]) == {"train/bpd", "train/loss", "calibration/bpd"}
    assert set(main.Tags()["images"]) == {"ll_hist", "samples"}
    assert len(others) == 1
    assert set(others[0].Tags()["scalars"]) == {"ood/roc_auc", "ood/bpd"}
    assert steps_of(main, "train/bpd") == [1, 2, 3, 4]
    look = logged(trained)[-1]
    assert main.Scalars("calibration/bpd")[0].value == pytest.approx(look["inside"]["bpd"])
    assert others[0].Scalars("ood/roc_auc")[0].value == pytest.approx(look["ood"][sets.outside]["auroc"])


def test_a_resumed_run_shows_each_step_once(trained, tmp_path):
    run = stopped(tmp_path / "run", RunDir(trained).config(), 3)
    kept = run.checkpoint_file.read_bytes()
    resume(run, SessionOptions(**QUIET))
    run.checkpoint_file.write_bytes(kept)
    run.weights_file.unlink()
    resume(run, SessionOptions(**QUIET))
    assert steps_of(events_of(run.tensorboard_dir), "train/bpd") == [1, 2, 3, 4]


def test_without_tensorboard(oodflow, tiny, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "tensorboard" else find(name))
    assert oodflow(*tiny, "--out", tmp_path / "run").code == 0
    assert not (tmp_path / "run/tensorboard").exists()
    assert (tmp_path / "run/weights.safetensors").exists()
    assert len(logged(tmp_path / "run")) == 5


def test_looks_come_every_so_often_and_at_the_end(oodflow, tiny, tmp_path, sets):
    assert (
        oodflow(*tiny, "monitor.every=2", "monitor.images=7", "training.steps=5", "--out", tmp_path / "run").code == 0
    )
    looks = [line for line in logged(tmp_path / "run") if "inside" in line]
    assert [line["step"] for line in looks] == [2, 4, 5]
    assert len(load(sets.inside, "calibration").limit(7)) == 7
