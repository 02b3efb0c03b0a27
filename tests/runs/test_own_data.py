"""Data that have changed since a run was trained on them are not taken for what they were."""

import csv

import numpy as np
import pytest

from oodflow.data import load
from oodflow.errors import OodflowError
from oodflow.runs import RunDir
from oodflow.runs.own_data import load_unseen, require_same

SMOKE = ("tabular-realnvp", "--scale", "smoke", "training.batch_size=16", "ood=[]", "training.steps=2")


TRAINED_ON, TESTED_ON = [2.5, 0.5], [0.0, 0.5]  # which parts these rows are dealt to


@pytest.fixture(autouse=True)
def alone(own_folders):
    """Nothing of whoever runs the test."""


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b"], *rows.tolist()])
    return f"csv:{path}"


@pytest.fixture
def rows():
    return np.random.default_rng(152).normal(size=(150, 2))  # 120, 15 and 15 of them are dealt to the parts


@pytest.fixture
def table(oodflow, tmp_path, rows):
    """A run over a table to which a line is added after training, and another table."""
    spec, other = write(tmp_path / "own.csv", rows), write(tmp_path / "other.csv", rows[:40] + 3)
    assert oodflow("train", *SMOKE, f"data={spec}", "--out", tmp_path / "run").code == 0
    write(tmp_path / "own.csv", np.concatenate([[TRAINED_ON], rows]))
    return RunDir(tmp_path / "run"), spec, other


def members(spec, split):
    return {*map(tuple, load(spec, split).batch(slice(None)).tolist())}


def test_a_line_more_moves_no_row_and_is_taken_unless_it_would_be_trained_on(oodflow, table, tmp_path, rows):
    run, spec, other = table
    write(tmp_path / "own.csv", rows)
    before = {split: members(spec, split) for split in ("train", "calibration", "test")}
    write(tmp_path / "own.csv", np.concatenate([[TESTED_ON], rows]))
    before["test"].add(tuple(TESTED_ON))
    assert {split: members(spec, split) for split in before} == before
    assert len(load_unseen(run, spec, "test")) == 16
    assert oodflow("evaluate", run.path, "--ood", other).code == 0


def test_whoever_rests_on_what_is_held_out_refuses(oodflow, table, tmp_path):
    run, _, other = table
    for command in (
        ["evaluate", run.path, "--ood", other],
        ["evaluate", run.path, "--ood", other, "--scores", "typicality", "--fpr", 0.2],
        ["detect", run.path, tmp_path / "other.csv", "--fpr", 0.2],
        ["export", run.path, tmp_path / "x.onnx"],
    ):
        result = oodflow(*command)
        assert result.code == 1, command
        assert "was begun on 120 rows of csv:" in result.error
        assert "but there are 121 with fingerprint" in result.error
        assert "bring the former data back or start a new run" in result.error


def test_the_former_data_and_imported_runs_are_taken(oodflow, table, tmp_path, rows):
    run, spec, other = table
    write(tmp_path / "own.csv", rows)
    assert oodflow("evaluate", run.path, "--ood", other).code == 0
    write(tmp_path / "own.csv", rows[:140])
    run.record_file.unlink()
    assert len(load_unseen(run, spec, "test")) == 12


def test_a_set_with_a_test_part_of_its_own_needs_no_training_data(oodflow, run, monkeypatch):
    monkeypatch.setattr("oodflow.runs.own_data.share_part", lambda *_: False)
    monkeypatch.setattr("oodflow.runs.own_data.require_same", lambda *_, **__: pytest.fail("they were compared"))
    assert oodflow("evaluate", run).code == 0


def test_images_are_looked_at_as_well(oodflow, run, sets, tmp_path):
    images = load(sets.inside, "all").batch(slice(None))
    np.save(tmp_path / "own.npy", images)
    config = RunDir(run).config().model_copy(update={"data": f"npy:{tmp_path / 'own.npy'}"})
    RunDir(run).write_config(config)
    for verb in ("evaluate", "explain"):
        assert oodflow(verb, run).code == 0
    np.save(tmp_path / "own.npy", images[::-1])
    for verb in ("evaluate", "explain"):
        assert "was begun on 160 images of" in oodflow(verb, run).error


def test_vectors_of_an_encoder_are_compared_by_their_number(run, sets):
    facts = RunDir(run).record().training.data
    images = load(sets.inside, "calibration")
    with pytest.raises(OodflowError, match=r"was begun on 160 images .* but there are 20 now"):
        require_same(facts, images, RunDir(run), by_number=True)
    require_same(facts.model_copy(update={"images": 20}), images, RunDir(run), by_number=True)
