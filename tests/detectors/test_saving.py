"""Detectors in folders: the same when read again, and a sentence for what can't be read."""

import json

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

import oodflow
from oodflow.errors import OodflowError, UsageError
from oodflow.scores import Typicality
from oodflow.training import TrainingConfig

from .small import BLOBS, QUICK

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def fitted():
    return oodflow.FlowDetector(**QUICK, contamination=np.float64(0.1), score="typicality").fit(BLOBS)


@pytest.fixture
def folder(fitted, tmp_path):
    fitted.save(tmp_path / "detector")
    return tmp_path / "detector"


def test_it_is_the_same_when_read_again(fitted, folder):
    read = oodflow.FlowDetector.load(folder)
    assert np.array_equal(read.score_samples(BLOBS), fitted.score_samples(BLOBS))
    assert np.array_equal(read.decision_function(BLOBS), fitted.decision_function(BLOBS))
    assert np.array_equal(read.p_values(BLOBS), fitted.p_values(BLOBS))
    assert np.array_equal(read.explain(BLOBS[:2]), fitted.explain(BLOBS[:2]))
    assert read.get_params() == fitted.get_params()
    assert read.n_features_in_ == 3
    assert np.allclose(
        oodflow.load(folder / "flow.safetensors").log_prob(BLOBS), fitted.model_.log_prob(BLOBS), atol=1e-3
    )


@pytest.mark.parametrize(
    "settings",
    [{"training": TrainingConfig(steps=2, batch_size=8)}, {"score": Typicality()}, {"validation": 0.0},
     {"random_state": np.random.RandomState(0)}, {"flow": "tabular"}],
    ids=["training", "score", "nothing held out", "generator", "name"],
)  # fmt: skip
def test_whatever_it_was_asked_for(settings, tmp_path):
    one = oodflow.FlowDetector(**{**QUICK, **settings}).fit(BLOBS)
    one.save(tmp_path / "detector")
    read = oodflow.FlowDetector.load(tmp_path / "detector")
    assert np.array_equal(read.decision_function(BLOBS), one.decision_function(BLOBS))
    expected = one.get_params()
    if "random_state" in settings:
        expected["random_state"] = None
    assert read.get_params() == expected
    assert read.fit(BLOBS).predict(BLOBS).shape == (300,)


def test_of_images_and_of_a_flow_that_was_there(tmp_path):
    flow = oodflow.fit("realnvp", IMAGES, steps=1, width=4, scales=2)
    one = oodflow.FlowDetector(flow).fit(IMAGES)
    one.save(tmp_path / "detector")
    read = oodflow.FlowDetector.load(tmp_path / "detector")
    assert np.array_equal(read.decision_function(IMAGES), one.decision_function(IMAGES))
    assert read.flow is read.model_


def test_it_takes_the_place_of_one_that_was_there_and_of_nothing_else(fitted, folder, tmp_path):
    fitted.save(folder)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(UsageError, match="mine holds something else than a detector"):
        fitted.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_only_flows_are_saved(tmp_path):
    with pytest.raises(UsageError, match=r"density is a GaussianMixture, which only pickle can keep: use joblib"):
        oodflow.FlowDetector(GaussianMixture()).fit(BLOBS).save(tmp_path / "detector")
    assert not (tmp_path / "detector").exists()


def changed(folder, **values):
    record = json.loads((folder / "detector.json").read_text())
    (folder / "detector.json").write_text(json.dumps(record | values))


def another_flow(folder):
    oodflow.fit(QUICK["flow"], BLOBS[:, :2], steps=1).save(folder / "flow.safetensors")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "detector.json").unlink(), r"there is no .*detector.json"),
        (lambda folder: (folder / "detector.json").write_text("{"), r"detector.json is damaged"),
        (lambda folder: changed(folder, schema_version=99), r"has schema version 99, this oodflow writes 1"),
        (lambda folder: changed(folder, offset="high"), r"damaged or of another kind: at offset"),
        (lambda folder: changed(folder, settings={"colour": "red"}), r"damaged: colour is no setting of a detector"),
        (lambda folder: changed(folder, score={"kind": "unheard-of"}), r"can't be read: .*unknown score 'unheard-of'"),
        (lambda folder: changed(folder, flow={"kind": "tabular", "width": -1}), r"can't be read: .*width"),
        (lambda folder: (folder / "flow.safetensors").write_bytes(b"half"), r"flow.safetensors is not a whole"),
        (lambda folder: (folder / "score.safetensors").unlink(), r"score.safetensors does not exist"),
        (lambda folder: (folder / "arrays.safetensors").unlink(), r"arrays.safetensors does not exist"),
        (lambda folder: changed(folder, columns=["a"]), r"is damaged: detector.json names 1 columns, .* has 3\.$"),
        (another_flow, r"is damaged: detector.json is of data \(3,\), flow.safetensors of \(2,\)"),
    ],
)
def test_a_sentence_for_what_can_not_be_read(folder, damage, message):
    damage(folder)
    with pytest.raises(OodflowError, match=message) as raised:
        oodflow.FlowDetector.load(folder)
    assert str(raised.value).count("\n") == 0


def test_a_file_is_no_folder(folder):
    with pytest.raises(OodflowError, match=r"flow.safetensors/detector.json can't be read: Not a directory\.$"):
        oodflow.FlowDetector.load(folder / "flow.safetensors")
