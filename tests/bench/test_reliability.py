"""What ``oodflow reliability`` tries and says: a few processes here, many by hand."""

import json

import pytest

from oodflow.bench.reliability import ReliabilityOptions, ReliabilityRecord, reliability_document
from oodflow.bench.reliability.faults import errors, flipped_bits, kills
from oodflow.bench.reliability.glow import configs
from oodflow.bench.reliability.lab import Lab
from oodflow.bench.reliability.measure import read_fuzzed
from oodflow.bench.reliability.record import Fault, GlowTraining
from oodflow.document import as_markdown
from oodflow.errors import OodflowError
from oodflow.recipes import RECIPES
from oodflow.runs.provenance import provenance


@pytest.fixture
def lab(own_folders, tmp_path):
    return Lab(tmp_path / "lab", 6, 0)


def test_faults_are_tried_and_nothing_is_lost(lab):
    for fault, times in ((kills, 1), (lambda lab, times: errors(lab, MemoryError, times), 1), (flipped_bits, 1)):
        found = fault(lab, times)
        assert (found.tried >= times, found.lost) == (True, 0), found


def test_what_is_lost_is_counted(lab, monkeypatch):
    """A training that goes on from nothing is another than the one that nothing came upon."""
    monkeypatch.setattr(Lab, "is_whole", lambda self, path: False)
    assert errors(lab, MemoryError, 1).lost == 1


def test_glow_is_trained_by_the_published_hyper_parameters():
    """But for the length, and what a smaller machine looks at."""
    published = RECIPES["fashion-mnist-glow"]("paper").training
    *small, too_fast = configs(100, (0, 1))
    other = {"steps": 100, "log_every": 20, "checkpoint_every": 100}
    assert [one.training for one in small] == [published.model_copy(update=other | {"seed": seed}) for seed in (0, 1)]
    assert too_fast.training.lr == pytest.approx(1000 * published.lr)


@pytest.fixture
def record():
    config = configs(100, (0,))[0]
    training = GlowTraining(
        config=config, parameters=1234, epochs=0.5, bits_per_dim=(5.0, 4.0), highest=8.0, skipped=3, retreats=1,
        ended="", minutes=1.5,
    )  # fmt: skip
    return ReliabilityRecord(
        provenance=provenance("oodflow reliability"), options=ReliabilityOptions(), files=(), glow=(training,),
        faults=(Fault(what="SIGKILL", promise="it goes on", tried=9, lost=0, note="twice"),),
    )  # fmt: skip


def test_a_page(record):
    text = as_markdown(reliability_document(record))
    assert "9 faults came upon trainings and evaluations. Lost: nothing." in text
    assert "| SIGKILL | it goes on (twice) | 9 | 0 |" in text
    assert "| rmsprop, 5e-05, 32 | 0 | 1,234 | 100 | 0.5 | 5.000, 4.000 | 8.00 | 3 | 1 | as it should | 1.5 |" in text
    without = record.model_copy(update={"glow": (), "without_glow": "there is no FashionMNIST"})
    assert "Left out here: there is no FashionMNIST." in as_markdown(reliability_document(without))


def test_damaged_files_are_added_to_a_page(oodflow, record, tmp_path):
    record.write(tmp_path / "page.json")
    lines = [{"format": "idx", "accepted": 1, "refused": 4, "slowest": 0.5}] * 2
    (tmp_path / "fuzz.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = oodflow("reliability", tmp_path / "page.json", "--fuzz", tmp_path / "fuzz.jsonl")
    assert result.code == 0
    assert "| idx | 10 | 8 | 2 | 0.50 |" in result.out
    assert ", and 10 damaged files. Lost: nothing." in result.out
    (tmp_path / "fuzz.jsonl").write_text("no line of it")
    with pytest.raises(OodflowError, match="can't be read as what `make fuzz` writes"):
        read_fuzzed(tmp_path / "fuzz.jsonl")
    assert "is no page's .json" in oodflow("reliability", tmp_path).error
