"""A calibration: computed once, found again, and refused where it can't be."""

import json
import shutil

import numpy as np
import pytest
import torch

import oodflow as package
from oodflow.data import halves
from oodflow.deployment.calibration import CalibrationRecord
from oodflow.evaluation.choice import held_out
from oodflow.runs import RunDir, override
from oodflow.session.monitor import watched

from .conftest import column


@pytest.fixture
def images(tmp_path):
    file = tmp_path / "images.npy"
    np.save(file, np.random.default_rng(0).integers(0, 256, (3, 1, 8, 8), dtype=np.uint8))
    return file


def calibrations(run):
    return sorted(folder.name.rpartition("-")[0] for folder in (run / "calibrations").iterdir())


def test_it_is_kept_and_needs_no_data_the_second_time(detect, run, images, tmp_path, monkeypatch):
    first = detect(run, images)
    assert "Calibrated" in first.err
    config = json.loads((run / "config.json").read_text())
    monkeypatch.setattr("oodflow.deployment.calibration.held_out", lambda *_: pytest.fail("the data was opened"))
    second = detect(run, images)
    assert (second.out, second.err) == (first.out, "")
    assert calibrations(run) == ["combined"]
    (file,) = (run / "calibrations").glob("*/calibration.json")
    record = CalibrationRecord.read(file)
    assert (record.held_out.images, record.learned_from.images, record.held_out.name) == (10, 10, config["data"])
    assert record.held_out.fingerprint != record.learned_from.fingerprint


def pixels(images):
    return {image.tobytes() for image in images.batch(slice(None))}


@pytest.mark.parametrize("limit", [None, 11, 10, 3])
def test_promises_rest_on_data_that_weights_were_not_chosen_by(run, limit):
    config = override(RunDir(run).config(), ["monitor.patience=2", "monitor.images=500"])
    chosen_by = watched(config, None)
    learned_from, promised = halves(held_out(RunDir(run), limit, None))
    assert len(learned_from) + len(promised) == (limit or 20)
    assert len(chosen_by) == 10 and pixels(learned_from) <= pixels(chosen_by)
    assert not pixels(promised) & pixels(chosen_by)
    whole = watched(override(config, ["monitor.patience=null"]), None)
    assert len(whole) == 20, "where nothing is chosen all of it may be looked at"


def test_other_scores_seeds_limits_and_weights_have_their_own(detect, run, images):
    for more in ([], ["--seed", 1], ["--limit", 18], ["--score", "likelihood"], ["--score", "typicality"]):
        assert detect(run, images, *more).code == 0
    assert calibrations(run) == ["combined", "combined", "combined", "likelihood", "typicality"]
    flow = package.load(run)
    with torch.no_grad():
        next(flow.parameters()).add_(0.01)
    flow.save(run / "weights.safetensors")
    detect(run, images)
    assert len(calibrations(run)) == 6


@pytest.mark.parametrize("name", ["calibration.json", "score.safetensors", "held-out.safetensors"])
def test_what_is_damaged_is_made_anew(detect, run, images, name):
    first = detect(run, images)
    (folder,) = (run / "calibrations").iterdir()
    (folder / name).write_bytes(b"damaged")
    second = detect(run, images)
    assert second.out == first.out
    assert "Calibrated" in second.err
    assert detect(run, images).err == ""


def test_refusals(detect, run, images, table):
    def error(*arguments):
        result = detect(*arguments)
        assert result.code == 2
        assert result.out == ""
        return result.error

    assert "judges groups: take one of single images" in error(run, images, "--score", "typicality?group=5")
    assert "unknown score 'likelyhood': did you mean 'likelihood'" in error(run, images, "--score", "likelyhood")
    assert "10 held-out scores can't promise 5 % false alarms" in error(run, images, "--fpr", 0.05)
    assert "it is for 8-bit images" in error(table.run, images, "--score", "complexity")
    assert "is not a run" in error(images.parent / "nowhere", images)
    config = RunDir.open(run).config()
    RunDir(run).write_config(config.model_copy(update={"split": "train+calibration"}))
    assert "was trained on train+calibration, so that none is held out" in error(run, images)


def test_a_run_that_has_lost_its_data(detect, run, images, sets, tmp_path):
    config = RunDir.open(run).config()
    shutil.copy(sets.inside.removeprefix("npy:"), tmp_path / "gone.npy")
    RunDir(run).write_config(config.model_copy(update={"data": f"npy:{tmp_path / 'gone.npy'}"}))
    assert detect(run, images).code == 0
    (tmp_path / "gone.npy").unlink()
    assert detect(run, images, "--fpr", 0.3).code == 0, "what is kept is enough"
    assert detect(run, images, "--score", "likelihood").code == 2, "a path that is not there"
    assert column(detect(run, images), "row") == [0, 1, 2]
