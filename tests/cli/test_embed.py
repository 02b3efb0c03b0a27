"""``oodflow embed``."""

import json

import numpy as np
import pytest

from oodflow.data import embedded, load
from oodflow.testing.encoders import save_encoder

pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")


@pytest.fixture
def encoder(tmp_path, own_folders) -> str:
    return save_encoder(tmp_path / "encoder")


@pytest.fixture
def own(tmp_path) -> str:
    np.save(tmp_path / "own.npy", np.random.default_rng(29).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8))
    return f"npy:{tmp_path / 'own.npy'}"


def test_it_says_what_there_is_and_how_to_ask_for_it(oodflow, encoder, own):
    said = oodflow("embed", own, "--encoder", encoder)
    assert said.code == 0
    *lines, last = said.out.splitlines()
    assert last == f"Their data set is {own}?encoder={encoder}"
    assert [line.partition(" vectors")[0] for line in lines] == ["train: 48", "calibration: 6", "test: 6"]
    assert lines[0].startswith("train: 48 vectors of 8 numbers, 48 computed in ")
    again = oodflow("embed", own, "--encoder", encoder, "--split", "test").out.splitlines()
    assert again[0].startswith("test: 6 vectors of 8 numbers, all there before, in ")


def test_as_json(oodflow, encoder, own):
    found = json.loads(oodflow("embed", own, "--encoder", encoder, "--split", "train", "--json").out)
    (only,) = found["sets"]
    vectors = load(found["spec"], "train")
    assert (only["vectors"], only["width"], only["computed"], only["split"]) == (48, 8, 48, "train")
    assert only["fingerprint"] == vectors.fingerprint
    np.testing.assert_array_equal(np.load(only["path"]), vectors.batch(slice(None)))


def test_after_an_interrupt_it_goes_on(oodflow, encoder, own, monkeypatch):
    monkeypatch.setattr(embedded, "PIECE", 32)
    real = embedded.Encoder.embed

    def stopped(self, images, *rest):
        if len(images) < 32:
            raise KeyboardInterrupt
        return real(self, images, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(embedded.Encoder, "embed", stopped)
        said = oodflow("embed", own, "--encoder", encoder, "--split", "train")
    assert said.code == 130
    assert said.error == "oodflow: stopped; the vectors so far are kept, and the same command goes on with the rest."
    assert "48 vectors of 8 numbers, 16 computed" in oodflow("embed", own, "--encoder", encoder, "--split", "train").out


def test_stopped_within_the_first_piece_nothing_is_said_to_be_kept(oodflow, encoder, own, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded.Encoder, "embed", stopped)
    said = oodflow("embed", own, "--encoder", encoder, "--split", "train")
    assert said.code == 130
    assert said.error == "oodflow: stopped; no vectors are kept yet, for they are written 1,024 at a time."


def test_stopped_after_a_whole_set_its_vectors_are_kept(oodflow, encoder, own, monkeypatch):
    oodflow("embed", own, "--encoder", encoder, "--split", "test")
    test_stopped_within_the_first_piece_nothing_is_said_to_be_kept(oodflow, encoder, own, monkeypatch)
    said = oodflow("embed", own, "--encoder", encoder, "--split", "test", "train")
    assert "the vectors so far are kept" in said.error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digits"], "the following arguments are required: --encoder; see `oodflow embed --help`."),
        (["digit", "--encoder", "x"], "unknown data set 'digit': did you mean 'digits'"),
        (["digits", "--encoder", "x"], "the encoder x is neither a folder nor a model that was downloaded before"),
        (["digits?encoder=x", "--encoder", "x"], "holds vectors, and images are needed here: leave encoder=x out."),
        (["digits", "--encoder", "x", "--split", "train"], "digits has no train split: it comes in test only"),
        (["digits", "--encoder", "x", "--batch-size", "0"], "expected a whole number from 1 but got '0'"),
    ],
)
def test_mistakes_get_a_sentence(oodflow, own_folders, arguments, message):
    assert message in oodflow("embed", *arguments).error
