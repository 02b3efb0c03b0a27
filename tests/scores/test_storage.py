import numpy as np
import pytest

from oodflow.errors import OodflowError, UsageError
from oodflow.scores import SCORES, load_scores, save_scores
from oodflow.testing.scores import example_evidence


@pytest.fixture
def evidence():
    return example_evidence(n=9)


def test_round_trip(tmp_path, evidence):
    scores = {name: make().fit(evidence).score(evidence) for name, make in SCORES.items()}
    scores["log_prob"] = np.arange(9.0)  # a name that the file uses itself
    save_scores(tmp_path / "example.npz", evidence, scores)
    loaded = load_scores(tmp_path / "example.npz")
    assert list(loaded.scores) == list(scores)
    for name, values in scores.items():
        np.testing.assert_array_equal(loaded.scores[name], values)
    np.testing.assert_array_equal(loaded.log_prob, evidence.log_prob)
    assert (loaded.name, loaded.split, loaded.shape) == ("example", "test", (1, 12, 10))
    assert (loaded.fingerprint, loaded.seed, loaded.draws) == (evidence.images.fingerprint, 0, 1)


def test_same_scores_same_bytes_and_nothing_left_behind(tmp_path, evidence):
    for name in ("a.npz", "b.npz"):
        save_scores(tmp_path / name, evidence, {"zero": np.zeros(9)})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_failed_write_leaves_the_old_file(tmp_path, evidence, monkeypatch):
    path = tmp_path / "a.npz"
    save_scores(path, evidence, {})
    before = path.read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_scores(path, evidence, {"zero": np.zeros(9)})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("values", [np.zeros(8), np.zeros(9, np.float32)], ids=["length", "dtype"])
def test_what_is_no_score_is_not_saved(tmp_path, evidence, values):
    with pytest.raises(UsageError, match=r"score 'odd' of example is .*expected float64 \[9\]"):
        save_scores(tmp_path / "a.npz", evidence, {"odd": values})
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(OodflowError, match=r"no score file .*none\.npz"):
        load_scores(tmp_path / "none.npz")


def test_other_files_are_refused_and_never_unpickled(tmp_path):
    text, pickled, strange = tmp_path / "text.npz", tmp_path / "pickled.npz", tmp_path / "strange.npz"
    text.write_text("not an archive")
    np.savez(pickled, about=np.array([{"name": "x"}], dtype=object))
    np.savez(strange, log_prob=np.zeros(3))
    for path in (text, pickled, strange):
        with pytest.raises(OodflowError, match=f"{path.name} is not a score file"):
            load_scores(path)
