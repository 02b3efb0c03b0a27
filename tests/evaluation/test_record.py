"""What an evaluation is written down as: older versions too, and which of several is meant."""

import json
import shutil

import pytest

from making_runs import record_of
from oodflow.errors import OodflowError
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import FILE, Evaluation, evaluations
from oodflow.runs import RunDir
from oodflow.runs.provenance import Provenance, provenance

MADE = provenance("oodflow evaluate runs/a").model_dump() | {"commit": "abc", "date": "2020-01-01T00:00:00+00:00"}
OLD = {
    **MADE, "step": 4,
    "device": "cpu", "seed": 3, "draws": 2, "limit": None, "batch_size": 128,
    "sets": [
        {"name": "a", "split": "test", "images": 20, "shape": [1, 8, 8], "fingerprint": "f" * 16, "note": "",
         "bits_per_dim": 3.5, "bits_per_dim_std": 0.5, "log_prob": -100.0, "role": "in-distribution test"},
        {"name": "b", "split": "all", "images": 40, "shape": [1, 8, 8], "fingerprint": "e" * 16, "note": "partial",
         "bits_per_dim": 2.5, "bits_per_dim_std": 0.4, "log_prob": -80.0, "role": "out-of-distribution",
         "scores": {"likelihood": {"AUROC": 0.25, "AUROC-CI95": [0.2, 0.3], "AUPR-IN": 0.1, "AUPR-OUT": 0.2,
                                   "FPR95TPR": 0.9, "n_in": 20, "n_out": 40}}},
    ],
}  # fmt: skip


def test_the_section_of_an_older_record_is_migrated():
    evaluation = Evaluation.parse(OLD)
    assert evaluation.options == EvaluationOptions(
        ood=("b",), scores=("likelihood",), seed=3, draws=2, limit=None, batch_size=128
    )
    assert evaluation.provenance == Provenance(**MADE)
    assert evaluation.inside.scores == {}
    assert evaluation.inside.bits_per_dim_bound is None  # of two draws it was not written down
    assert Evaluation.parse({**OLD, "draws": 1}).inside.bits_per_dim_bound == 3.5
    found = evaluation.outsides[0].scores["likelihood"]
    assert (found.auroc, found.auroc_low, found.auroc_high) == (0.25, 0.2, 0.3)
    assert (found.aupr_in, found.aupr_out, found.fpr95, found.n_out) == (0.1, 0.2, 0.9, 40)
    assert (evaluation.thresholds, evaluation.options.fpr, evaluation.inside.above) == ({}, None, {})
    assert (evaluation.costs, evaluation.outsides[0].differences, evaluation.outsides[0].flagged) == ({}, {}, {})
    assert Evaluation.parse(json.loads(json.dumps(evaluation.as_dict()))) == evaluation


def test_an_evaluation_from_before_there_were_verdicts_has_none_and_is_written_as_it_was():
    version_4 = {**Evaluation.parse(OLD).as_dict(), "schema_version": 4}
    assert "verdict" not in version_4
    evaluation = Evaluation.parse(version_4)
    assert evaluation.verdict == ""
    assert {**evaluation.as_dict(), "schema_version": 4} == version_4
    told = evaluation.model_copy(update={"verdict": "Nothing tells b."})
    assert told.as_dict()["schema_version"] == Evaluation.version
    assert Evaluation.parse(told.as_dict()) == told


def test_a_run_that_an_older_version_evaluated(run):
    record = RunDir(run).record().model_copy(update={"evaluation": OLD})
    record.write(RunDir(run).record_file)
    assert evaluations(RunDir(run)) == [Evaluation.parse(OLD)]


def test_the_newest_is_the_last(oodflow, run):
    for limit in (3, 5):
        oodflow("evaluate", run, "--limit", limit)
    assert [one.options.limit for one in evaluations(RunDir(run))] == [3, 5]
    record = RunDir(run).record().model_copy(update={"evaluation": OLD})
    record.write(RunDir(run).record_file)
    assert [one.options.limit for one in evaluations(RunDir(run))] == [None, 3, 5]


def test_what_a_killed_process_left_is_no_evaluation(oodflow, run):
    oodflow("evaluate", run)
    expected = evaluations(RunDir(run))
    (folder,) = (run / "evaluations").iterdir()
    shutil.copytree(folder, folder.with_name(f".{folder.name}.0123abcd.tmp"))
    assert evaluations(RunDir(run)) == expected


def test_what_is_damaged(oodflow, run):
    oodflow("evaluate", run)
    (file,) = (run / "evaluations").glob(f"*/{FILE}")
    whole = file.read_text()
    file.write_text(whole[:99])
    with pytest.raises(OodflowError, match=r"evaluation\.json is damaged"):
        evaluations(RunDir(run))
    assert "evaluation.json is damaged" in oodflow("compare", run).error
    assert oodflow("evaluate", run).code == 0  # the same again is written anew
    assert evaluations(RunDir(run))[-1].replaces is None
    file.write_text(whole.replace('"schema_version": 5', '"schema_version": 9'))
    with pytest.raises(OodflowError, match="schema version 9"):
        evaluations(RunDir(run))


def test_options_are_checked():
    for wrong in ({"draws": 0}, {"limit": 1}, {"seed": -1}, {"batch_size": 0}, {"scores": ()}, {"device": "gpu"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            EvaluationOptions(**wrong)


def test_the_record_of_the_run_is_left_alone(oodflow, run):
    before = record_of(run)
    oodflow("evaluate", run)
    assert record_of(run) == before
