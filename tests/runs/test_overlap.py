"""The same images in and out of distribution are told by what they are, and not by their names."""

import json

import numpy as np
import pytest
from PIL import Image

from oodflow.data import load
from oodflow.evaluation.options import EvaluationOptions
from oodflow.runs import RunDir
from oodflow.runs.config import StartingWeights
from oodflow.runs.overlap import noted, overlaps


def save(tmp_path, name, images):
    np.save(tmp_path / f"{name}.npy", images)
    return f"npy:{tmp_path / f'{name}.npy'}"


def images_of(spec, split):
    return load(spec, split).batch(slice(None))


@pytest.fixture
def noise():
    return np.random.default_rng(5).integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)


@pytest.mark.parametrize("split", ["train", "calibration", "test", "all"])
def test_a_set_that_is_wholly_in_distribution_is_refused_by_another_name(oodflow, run, sets, tmp_path, split):
    spec = save(tmp_path, "other-name", images_of(sets.inside, split)[::-1])
    for verb in ("evaluate", "explain"):
        result = oodflow(verb, run, "--ood", spec)
        assert result.code == 2
        assert f"images of {spec} (all) are in distribution as well, by their content" in result.error
    assert not (run / "evaluations").exists()


def test_pictures_of_arrays_are_the_same_images(oodflow, run, sets, tmp_path):
    (tmp_path / "copies").mkdir()
    for i, image in enumerate(images_of(sets.inside, "test")):
        Image.fromarray(image[0]).save(tmp_path / "copies" / f"{i}.png")
    result = oodflow("evaluate", run, "--ood", f"folder:{tmp_path / 'copies'}")
    assert "all 20 images of folder:" in result.error


def test_some_are_counted_and_said(oodflow, run, sets, noise, tmp_path):
    trained_on, tested_on = images_of(sets.inside, "train"), images_of(sets.inside, "test")
    spec = save(tmp_path, "mixed", np.concatenate([noise, trained_on[:3], tested_on[:2]]))
    result = oodflow("evaluate", run, "--ood", spec, "--limit", 10, "--json")
    inside, outside = json.loads(result.out)["sets"]
    assert outside["note"] == "5 of these 25 images are in distribution as well, by their content"
    assert inside["note"] == ""


def test_other_images_are_not_mentioned(oodflow, run, noise, tmp_path):
    result = oodflow("evaluate", run, "--ood", save(tmp_path, "noise", noise), "--json")
    assert [one["note"] for one in json.loads(result.out)["sets"]] == ["", ""]


def test_weights_to_begin_with_may_have_seen_what_is_held_out_elsewhere(run, sets, noise, tmp_path):
    held_out = images_of(sets.inside, "calibration")
    test = load(save(tmp_path, "mixed", np.concatenate([noise, held_out])), "all")
    for whole in ((), (sets.inside,)):
        weights = StartingWeights(path="weights.safetensors", digest="", data=(sets.inside,), whole=whole)
        config = RunDir(run).config().model_copy(update={"data": "flat?shape=1x8x8", "start": weights})
        (note,) = overlaps(config, test, [], None)
        seen = f"{len(held_out)} of these {len(test)} images are trained on as well, by their content"
        assert note == (seen if whole else "")


def test_weights_to_begin_with_may_have_seen_what_is_asked_about(run, sets, noise, tmp_path):
    trained_on, name = images_of(sets.inside, "train"), "flat?shape=1x8x8"
    mixed = load(save(tmp_path, "mixed", np.concatenate([noise, trained_on[:3]])), "all")
    test = load(sets.inside, "test")  # of the set itself
    other = load(save(tmp_path, "noise", noise), "all")
    weights = StartingWeights(path="weights.safetensors", digest="", data=(sets.inside,))
    config = RunDir(run).config().model_copy(update={"data": name, "start": weights})
    began = "the weights that training began with were trained on"
    assert overlaps(config, None, [mixed, test, other], None) == [
        f"3 of these 23 images are what {began} before, by their content",
        f"{began} this set",
        "",
    ]
    assert overlaps(config.model_copy(update={"start": None}), None, [mixed, test, other], None) == ["", "", ""]


def test_rows_may_be_the_same_by_chance(oodflow, tmp_path):
    rows = np.random.default_rng(0).integers(0, 4, (300, 3)).astype(np.float64)
    data, other = save(tmp_path, "rows", rows), save(tmp_path, "others", rows[:50])
    run = tmp_path / "run"
    settings = ["--scale", "smoke", "training.steps=2", "training.batch_size=16", "ood=[]"]
    assert oodflow("train", "tabular-realnvp", f"data={data}", *settings, "--out", run).code == 0
    result = oodflow("evaluate", run, "--ood", other, "--json")
    inside, outside = json.loads(result.out)["sets"]
    assert outside["note"] == "50 of these 50 rows are in distribution as well, by their content"
    assert inside["note"] == "", "equal rows are dealt to one part"


def test_before_training_too(oodflow, tiny, sets, noise, tmp_path):
    copy = save(tmp_path, "copy", images_of(sets.inside, "train")[:50])
    result = oodflow(*tiny, f"ood={copy}", "--out", tmp_path / "new")
    assert f"all 50 images of {copy} (all) are in distribution as well" in result.error
    assert not (tmp_path / "new").exists()
    mixed = save(tmp_path, "mixed", np.concatenate([noise, images_of(sets.inside, "calibration")[:1]]))
    result = oodflow(*tiny, f"ood={mixed}", "--out", tmp_path / "new")
    assert result.code == 0
    assert f"{mixed}: 1 of these 21 images are in distribution as well, by their content." in result.err


def test_what_is_pushed_down_is_not_what_is_trained_on(oodflow, tiny, sets, tmp_path):
    copy = save(tmp_path, "copy", images_of(sets.inside, "all"))
    settings = ["objective=negative", f"objective.data={copy}", "objective.threshold=-600"]
    result = oodflow(*tiny, *settings, "--out", tmp_path / "new")
    assert f"all 160 images of {copy} (train) are in distribution as well" in result.error


def test_a_test_part_that_was_trained_on_is_said(oodflow, tiny, noise, tmp_path):
    train = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    for part, some in {"train": train, "test": np.concatenate([train[:3], noise[:17, 0]])}.items():
        (tmp_path / "pics" / part).mkdir(parents=True)
        for i, image in enumerate(some):
            Image.fromarray(image).save(tmp_path / "pics" / part / f"{i:02d}.png")
    run = tmp_path / "run"
    assert oodflow(*tiny, f"data=folder:{tmp_path / 'pics'}", "--out", run).code == 0
    inside, _ = json.loads(oodflow("evaluate", run, "--json").out)["sets"]
    seen = int(inside["note"][0])
    assert 1 <= seen <= 3, "those that were not dealt to calibration"
    assert inside["note"] == f"{seen} of these 20 images are trained on as well, by their content"


def test_another_test_set(oodflow, run, sets, noise, tmp_path):
    spec = save(tmp_path, "later", noise)
    result = oodflow("evaluate", run, "--in-test", spec, "--json")
    record = json.loads(result.out)
    assert record["options"]["in_test"] == spec
    inside, outside = record["sets"]
    assert (inside["name"], inside["split"], inside["images"]) == (spec, "all", 20)
    assert outside["name"] == sets.outside
    plain = json.loads(oodflow("evaluate", run, "--json").out)
    assert "in_test" not in plain["options"]
    assert plain["sets"][0]["name"] == sets.inside
    assert len(list((run / "evaluations").iterdir())) == 2


def test_a_test_set_of_what_was_trained_on_is_refused(oodflow, run, sets, tmp_path):
    spec = save(tmp_path, "again", images_of(sets.inside, "train")[:30])
    result = oodflow("evaluate", run, "--in-test", spec)
    assert f"all 30 images of {spec} (all) are trained on as well" in result.error
    result = oodflow("evaluate", run, "--in-test", sets.outside)
    assert "is the in-distribution test set, by --in-test: name other data sets" in result.error


def test_pages_take_evaluations_with_the_test_part(oodflow, run, noise, tmp_path):
    assert oodflow("evaluate", run).code == 0
    many = np.concatenate([noise] * 10)
    assert oodflow("evaluate", run, "--in-test", save(tmp_path, "many", many)).code == 0
    assert "many.npy" not in oodflow("scores", run).out


def test_official_sets_are_compared_by_the_test_set_alone(run, monkeypatch):
    config = RunDir(run).config().model_copy(update={"data": "photographs?shape=1x8x8"})
    sets = [load(f"{name}?shape=1x8x8", "test") for name in ("photographs", "flat")]
    monkeypatch.setattr("oodflow.runs.overlap.load", lambda *_, **__: pytest.fail("nothing is to be loaded"))
    assert [one.note for one in noted(config, sets, None)] == [sets[0].note, ""]


def test_options_without_a_test_set_are_written_as_ever():
    assert "in_test" not in EvaluationOptions().model_dump()
