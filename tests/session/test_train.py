"""Runs of training: what they leave behind, and how they are resumed."""

import json
import shutil

import numpy as np
import pytest
import torch

import oodflow as package
from making_runs import QUIET, assert_same, logged, record_of, stopped, tensors, without_times
from oodflow.cli import main
from oodflow.data import load
from oodflow.errors import UsageError
from oodflow.metrics import auroc
from oodflow.runs import RunDir, override
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume, start, train_or_open
from oodflow.statistics import LogProb, Observation


def test_what_lies_in_a_run(trained):
    files = {str(path.relative_to(trained)) for path in trained.rglob("*") if "tensorboard" not in path.parts}
    names = [
        "checkpoint-before.safetensors",
        "checkpoint.safetensors",
        "config.json",
        "log.jsonl",
        "record.json",
        "samples.png",
        "weights.safetensors",
    ]
    assert files == set(names)
    assert (trained / "tensorboard").is_dir()
    modes = {name: (trained / name).stat().st_mode & 0o777 for name in names}
    assert len(set(modes.values())) == 1, modes  # weights are as readable as all else


def test_record(trained, sets):
    record = record_of(trained)
    assert record["config"] == json.loads((trained / "config.json").read_text())
    training = record["training"]
    images = load(sets.inside, "train")
    assert training["data"] == {
        "name": sets.inside, "split": "train", "images": 160, "shape": [1, 8, 8], "fingerprint": images.fingerprint,
        "note": "",
    }  # fmt: skip
    assert training["command"].startswith("oodflow train photographs-realnvp ")
    assert (training["steps"], training["epochs"], training["skipped_steps"]) == (4, 0.2, 0)
    assert training["torch"] == torch.__version__
    assert training["libraries"]["numpy"] == np.__version__
    assert set(training["libraries"]) == {"numpy", "scipy", "scikit-learn", "pillow"}
    assert training["oodflow"] == package.__version__
    assert training["parameters"] == sum(p.numel() for p in package.load(trained).parameters())
    assert training["device"] == "cpu"
    assert training["resumed"] == []
    assert 0 <= training["seconds_in_steps"] <= training["seconds"]
    assert training["images_per_second"] > 0
    assert {"commit", "date", "python", "system", "cpus", "threads", "gpu"} <= training.keys()


def test_log(trained, sets):
    lines = logged(trained)
    steps = [line for line in lines if "loss" in line]
    looks = [line for line in lines if "inside" in line]
    assert [line["step"] for line in steps] == [1, 2, 3, 4]
    assert [line["step"] for line in looks] == [4]
    assert all(line["bpd"] == pytest.approx(line["loss"] / (64 * np.log(2))) for line in steps)
    assert all(line["lr"] == 1e-3 and line["skipped"] == 0 and line["grad_norm"] > 0 for line in steps)
    inside, outside = (
        Observation(package.load(trained), load(name, split).limit(16))[LogProb()]
        for name, split in ((sets.inside, "calibration"), (sets.outside, "all"))
    )
    bits = pytest.approx(-inside.mean() / (64 * np.log(2)))
    assert looks[0]["inside"] == {"split": "calibration", "bpd": bits}
    assert looks[0]["ood"] == {
        sets.outside: {"bpd": pytest.approx(-outside.mean() / (64 * np.log(2))), "auroc": auroc(-inside, -outside)}
    }


@pytest.mark.parametrize("split", ["train", "train+calibration"])
def test_no_test_image_is_looked_at_in_training(oodflow, tiny, sets, tmp_path, monkeypatch, split):
    """Where nothing is held out, images that are trained on are watched, and said to be so."""
    opened = []

    def watching(spec, part, **options):
        opened.append((spec, part))
        return load(spec, part, **options)

    for module in ("monitor", "training_data"):
        monkeypatch.setattr(f"oodflow.session.{module}.load", watching)
    result = oodflow(*tiny, f"split={split}", "--out", tmp_path / "run")
    watched = "calibration" if split == "train" else split
    assert opened == [(sets.inside, split), (sets.inside, watched), (sets.outside, "all")]
    assert f"step 4: 16 {watched} images at " in result.err
    assert logged(tmp_path / "run")[-1]["inside"]["split"] == watched


def test_averages_of_a_resumed_log_are_over_the_same_steps(config, tmp_path):
    settings = ["training.log_every=3", "training.steps=6"]
    whole = start(override(config, settings), tmp_path / "whole", SessionOptions(**QUIET))
    for step in (2, 4):
        run = stopped(tmp_path / str(step), override(config, settings), step)
        resume(run, SessionOptions(**QUIET))
        assert without_times(logged(run.path)) == without_times(logged(whole.path))
    lines = [line for line in logged(whole.path) if "loss" in line]
    assert [line["step"] for line in lines] == [3, 6]


def test_weights_are_the_averages(trained, sets):
    flow = package.load(trained)
    assert not flow.training
    assert_same(flow.state_dict(), tensors(trained))
    assert_same(package.load(trained / "weights.safetensors").state_dict(), flow.state_dict())
    checkpoint = tensors(trained, "checkpoint.safetensors")
    assert_same(
        {name.removeprefix("average."): tensor for name, tensor in checkpoint.items() if name.startswith("average.")},
        tensors(trained),
    )
    images = torch.from_numpy(load(sets.inside, "test").batch(slice(0, 3)))
    assert flow.log_prob(images).isfinite().all()


def test_the_same_seed_makes_the_same_run(trained, tiny, tmp_path, rendered):
    assert main([*tiny, "--out", str(tmp_path / "again")]) == 0
    assert_same(tensors(tmp_path / "again"), tensors(trained))
    assert (tmp_path / "again/samples.png").read_bytes() == (trained / "samples.png").read_bytes()
    assert main([*tiny, "--seed", "1", "--out", str(tmp_path / "other")]) == 0
    one, other = tensors(trained), tensors(tmp_path / "other")
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_resumed_equals_uninterrupted(trained, config, tmp_path, step):
    run = stopped(tmp_path / "run", config, step)
    assert package.load(run.path).shape == (1, 8, 8)  # a run that is not finished can be asked too
    assert record_of(run.path)["training"]["steps"] == step
    resume(run, SessionOptions("oodflow train --resume run", say=lambda line: None))
    assert_same(tensors(run.path), tensors(trained))
    assert_same(tensors(run.path, "checkpoint.safetensors"), tensors(trained, "checkpoint.safetensors"))
    assert without_times(logged(run.path)) == without_times(logged(trained))
    training = record_of(run.path)["training"]
    assert training["command"] == "test"  # how it was begun, since this is what repeats it
    assert [one["command"] for one in training["resumed"]] == ["oodflow train --resume run"]
    assert training["steps"] == 4


def test_resumed_after_a_kill_goes_that_way_again(trained, config, tmp_path):
    run = stopped(tmp_path / "run", config, 2)
    kept = run.checkpoint_file.read_bytes()
    resume(run, SessionOptions(**QUIET))
    run.checkpoint_file.write_bytes(kept)  # as if it had been killed after step 4, before the next checkpoint
    run.weights_file.unlink()
    with run.log_file.open("a") as file:
        file.write('{"step": 4, "lo')
    resume(run, SessionOptions(**QUIET))
    assert_same(tensors(run.path), tensors(trained))
    assert [line["step"] for line in logged(run.path) if "loss" in line] == [1, 2, 3, 4]


def test_damaged_lines_in_a_log_are_dropped(config, tmp_path):
    run = stopped(tmp_path / "run", config, 3)
    run.log_file.write_bytes(b'\xff\n[1]\n{"step": 1, "loss": 1.0}\nnull\n{"a": 1}\n{"step": 4}\n')
    resume(run, SessionOptions(**QUIET))
    assert [line["step"] for line in logged(run.path)] == [1, 4, 4]


def test_a_finished_run_is_left_alone(oodflow, run):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    result = oodflow("train", "--resume", run)
    assert result.code == 0
    assert f"{run} is finished: all its 4 steps are taken." in result.err
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_train_or_open_trains_once(trained, config, tmp_path):
    run = train_or_open(config, tmp_path / "run", SessionOptions(**QUIET))
    assert_same(tensors(run.path), tensors(trained))
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert train_or_open(config, tmp_path / "run", SessionOptions(**QUIET)) == run
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_train_or_open_goes_on_with_what_was_stopped(trained, config, tmp_path):
    stopped(tmp_path / "run", config, 2)
    assert_same(tensors(train_or_open(config, tmp_path / "run", SessionOptions(**QUIET)).path), tensors(trained))


def test_train_or_open_refuses_another_run(run, config):
    other = override(config, ["training.seed=1"])
    with pytest.raises(UsageError, match=f"{run} holds a run of another configuration than was asked for"):
        train_or_open(other, run, SessionOptions(**QUIET))


def test_resuming_writes_weights_and_record_that_were_lost(oodflow, run):
    weights = tensors(run)
    for name in ("weights.safetensors", "record.json"):
        (run / name).unlink()
        assert oodflow("train", "--resume", run).code == 0
        assert_same(tensors(run), weights)
        assert record_of(run)["training"]["steps"] == 4


def test_a_second_run_in_the_same_place_is_refused(oodflow, run, tiny):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    result = oodflow(*tiny, "--out", run)
    assert result.code == 2
    assert f"{run} already holds a run: go on with `oodflow train --resume {run}`, or choose another folder" in (
        result.error
    )
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_place_with_other_content_is_refused(oodflow, tmp_path, tiny):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/thesis.tex").write_text("years of work")
    for path in (tmp_path / "thesis", tmp_path / "thesis/thesis.tex"):
        result = oodflow(*tiny, "--out", path)
        assert (result.code, f"{path} already holds something: choose another folder" in result.error) == (2, True)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["thesis.tex"]
    (tmp_path / "empty").mkdir()
    assert oodflow(*tiny, "--out", tmp_path / "empty").code == 0


def test_a_place_that_cannot_be_written(oodflow, tmp_path, tiny, run, monkeypatch):
    (tmp_path / "file").write_text("")
    result = oodflow(*tiny, "--out", tmp_path / "file/run")
    assert result.code == 1
    assert "file/run: Not a directory; choose another folder" in result.error
    monkeypatch.setattr("os.access", lambda path, mode: False)  # nobody's permissions bind the superuser
    for arguments in (["train", "--resume", run], ["evaluate", run]):
        assert f"{run} can't be written: change its permissions" in oodflow(*arguments).error


def test_data_that_changed_since_is_noticed(oodflow, tmp_path, sets, trained):
    images = load(sets.inside, "all").batch(slice(None))
    np.save(tmp_path / "own.npy", images[:150])
    config = RunDir(trained).config().model_copy(update={"data": f"npy:{tmp_path / 'own.npy'}"})
    run = stopped(tmp_path / "run", config, 2)
    trained_on = len(load(config.data, "train"))
    np.save(tmp_path / "own.npy", images)
    result = oodflow("train", "--resume", run.path)
    assert result.code == 1
    assert f"was begun on {trained_on} images" in result.error
    assert "there are 160 with fingerprint" in result.error


def test_an_ood_set_that_is_missing_does_not_stop_training(oodflow, tmp_path, tiny):
    result = oodflow(*tiny, 'ood=["mnist?shape=1x8x8","folder:nowhere"]', "--out", tmp_path / "run")
    assert result.code == 0
    assert "Not watching mnist?shape=1x8x8 while training: mnist (test) is not in" in result.err
    assert "Not watching folder:nowhere while training" in result.err
    assert logged(tmp_path / "run")[-1]["ood"] == {}


def test_what_is_trained_on_is_not_asked_about(config, tmp_path):
    asked = config.model_copy(update={"ood": (*config.ood, config.data)})
    with pytest.raises(UsageError, match=r"^ood names .*, which is trained on"):
        start(asked, tmp_path / "run", SessionOptions(**QUIET))
    assert not (tmp_path / "run").exists()


def test_any_other_failure_saves_what_there_is(config, tmp_path):
    def fail(state, report):
        if report.step == 3:
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        start(config, tmp_path / "run", SessionOptions(**QUIET, callbacks=[fail]))
    assert record_of(tmp_path / "run")["training"]["steps"] == 3


def test_batch_size_and_precision_are_settings(oodflow, tmp_path, tiny):
    result = oodflow(*tiny, "training.batch_size=161", "--out", tmp_path / "large")
    assert "batch_size 161 is more than the 160 images" in result.error
    assert oodflow(*tiny, "--precision", "bfloat16", "--out", tmp_path / "half").code == 0


def test_a_copied_run_is_as_good(run, sets, tmp_path):
    moved = shutil.move(run, tmp_path / "moved")
    assert main(["evaluate", str(moved)]) == 0
