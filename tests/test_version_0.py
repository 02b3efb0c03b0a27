"""Records of version 0, which had none yet: each is read, and says what it said."""

import json
from pathlib import Path

import pytest

from oodflow.bench.guard import Ratios
from oodflow.bench.page import bench_document
from oodflow.bench.record import BenchRecord
from oodflow.document import as_markdown
from oodflow.errors import OodflowError
from oodflow.explanation.page import observations_document
from oodflow.explanation.record import Explanation, Explanations
from oodflow.report.comparison import comparison_document
from oodflow.report.curves import curves_document
from oodflow.report.evaluated_runs import Comparison
from oodflow.report.looks import Curves
from oodflow.runs.record import RunRecord

FOLDER = Path(__file__).parent / "version_0"
RECORDS = {
    "bench": BenchRecord, "comparison": Comparison, "curves": Curves, "observations": Explanations, "ratios": Ratios,
    "record": RunRecord,
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_what_is_migrated_is_the_same_when_it_is_read_again(path, tmp_path):
    record = RECORDS[path.stem].read(path)
    record.write(tmp_path / "new.json")
    assert type(record).read(tmp_path / "new.json") == record


@pytest.mark.parametrize("record", RECORDS.values(), ids=lambda record: record.__name__)
@pytest.mark.parametrize("value", [{}, [], [{}], {"schema_version": 99}, "words"], ids=str)
def test_what_is_none_of_them_is_refused_in_a_sentence(record, value):
    with pytest.raises(OodflowError, match=r"^old\.json (is damaged|has schema version)[^\n]*\.$"):
        record.parse(value, "old.json")


def test_pages():
    comparison = as_markdown(comparison_document(Comparison.read(FOLDER / "comparison.json")))
    assert (
        "| RealNVP with convnets and actnorm, fashion_mnist | cpu, training.steps=3000, training.batch_size=32 "
        "| 3.472 | mnist | 1.978 | 5.1 [4.8, 5.3] | 10.8 |"
    ) in comparison
    assert "seed 0, 60,789 parameters, 3,000 steps of 32 in 132 s" in comparison
    curves = as_markdown(curves_document(Curves.read(FOLDER / "curves.json")))
    assert "3.233 (6.5, 66.5) after 370 s" in curves
    assert "looks at 1,000 test images" in curves
    bench = as_markdown(bench_document(BenchRecord.read(FOLDER / "bench.json")))
    assert "| absent | not installed |  |  |  |" in bench
    assert "Medians of 3 rounds" in bench


def test_options_are_what_the_records_tell():
    record = BenchRecord.read(FOLDER / "bench.json")
    assert (record.options.recipes, record.options.scales) == (("fashion-mnist-realnvp",), ("cpu",))
    (one,) = Comparison.read(FOLDER / "comparison.json").runs
    assert one.evaluation.options.ood == ("mnist", "notmnist")
    assert one.evaluation.options.scores == ("likelihood", "complexity")


def test_latents_once_stood_under_their_labels_and_differences_are_bounded():
    found = Explanations.read(FOLDER / "observations.json")
    (explanation,) = found.explanations
    assert (explanation.options.ood, explanation.options.limit, explanation.train_mode) == ("mnist", 128, True)
    assert explanation.differences == "bounded"
    assert list(explanation.inside.edge_correlation) == ["single", "mean", "train_mode"]
    edges, gain = explanation.inside.edge_correlation, explanation.inside.edge_gain
    assert gain.value == edges["mean"].value - edges["single"].value
    assert (gain.low, gain.high) == (edges["mean"].low - edges["single"].high, edges["mean"].high - edges["single"].low)
    quarter, margin = explanation.outside.resampling, explanation.outside.resampling.margin
    assert margin.low == quarter.inside.low / 4 - quarter.surround.high
    page = as_markdown(observations_document(found))
    assert "are bounds from those of both sides" in page
    assert "difference 0.11 [0.07, 0.16] | holds |" in page


def test_the_kinds_of_latents_later_stood_under_their_names():
    (old,) = Explanations.read(FOLDER / "observations.json").explanations
    assert isinstance(old, Explanation)
    (stored,) = json.loads((FOLDER / "observations.json").read_text())
    names = {"latents z": "single", "mean of 40 z": "mean", "z, train mode": "train_mode"}
    for data in stored["sets"]:
        for key in ("edges", "shape"):
            data[key] = {names[label]: estimate for label, estimate in data[key].items()}
    assert Explanation.parse(stored) == old


def test_an_imported_run():
    record = RunRecord.read(FOLDER / "record.json")
    assert (record.imported.original_class, record.training, record.seed) == ("RealNVP", None, 0)
