"""Negative training beside likelihood alone: what is measured, and the page of it."""

import json
import shutil
from copy import deepcopy

import numpy as np
import pytest

from oodflow.cli import main
from oodflow.data import load
from oodflow.document import as_markdown
from oodflow.report.likely_runs import LikelyRuns, likely_runs
from oodflow.report.negative import draw_negative, negative_document
from oodflow.runs import load as load_flow

THIRD = "smooth?shape=1x8x8"
THRESHOLD = -300.0


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny, sets):
    """A run for likelihood alone and two seeds of one that pushes the noise down, evaluated, to be read only."""
    folder = tmp_path_factory.mktemp("runs")
    negative = ["objective=negative", f"objective.data={sets.outside}", f"objective.threshold={THRESHOLD}"]
    for name, settings in {
        "alone": [], "negative-0": negative, "negative-1": [*negative, "training.seed=1"],
    }.items():  # fmt: skip
        assert main([*tiny, *settings, f"ood={sets.outside},{THIRD}", "--out", str(folder / name)]) == 0
        assert main(["evaluate", str(folder / name), "--limit", "20"]) == 0
    return folder


@pytest.fixture
def runs(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "runs")
    return [copy / name for name in ("alone", "negative-0", "negative-1")]


def rows(page, pair):
    return [line for line in page if f", {pair} |" in line]


def test_the_images_of_training_are_measured_and_all_sets_have_histograms(runs, sets):
    alone, negative, _ = likely_runs(runs).runs
    flow = load_flow(runs[0])
    images = load(sets.inside, "train").limit(20)
    log_prob = flow.log_prob(images.batch(slice(None)), seed=0)
    assert alone.trained_on.log_prob == pytest.approx(log_prob.mean(), rel=1e-5)
    assert alone.trained_on.split == "train"
    steps = np.searchsorted(alone.trained_on.edges, -np.sort(log_prob), side="right") - 1
    assert np.bincount(steps, minlength=len(alone.trained_on.counts)).tolist() == list(alone.trained_on.counts)
    assert [one.name for one in alone.sets] == [sets.inside, sets.outside, THIRD]
    for run in (alone, negative):
        for measured, evaluated in zip(run.sets, run.evaluation.sets, strict=True):
            assert sum(measured.counts) == measured.images == evaluated.images
            assert measured.log_prob == pytest.approx(evaluated.log_prob)
            assert measured.bits_per_dim == pytest.approx(evaluated.bits_per_dim)
    assert alone.pushed is None
    assert alone.sets[1].above is None
    assert negative.pushed == sets.outside
    assert negative.pushes(f"{sets.outside}?shape=1x8x8") and not negative.pushes(THIRD)
    noise = load_flow(runs[1]).log_prob(load(sets.outside, "test").limit(20).batch(slice(None)), seed=0)
    assert negative.sets[1].above == pytest.approx(np.mean(noise > THRESHOLD))


def test_the_evaluation_that_tells_most_is_measured_and_said(oodflow, runs):
    assert oodflow("evaluate", runs[0], "--limit", 2).code == 0
    said = []
    (found,) = likely_runs(runs[:1], say=said.append).runs
    assert found.trained_on.images == found.evaluation.options.limit == 20
    assert "has 2 evaluations: " in said[0]


def test_the_page_holds_the_set_that_is_pushed_down_against_third_sets(runs, sets):
    page = as_markdown(negative_document(likely_runs(runs))).splitlines()
    assert "| flow, trained on → asked about | likelihood alone | pushed down | another pushed down |" in page
    (pushed,) = rows(page, f"{sets.inside} → {sets.outside}")
    assert pushed.count("**") == 2
    assert pushed.endswith("** |  |")
    (third,) = rows(page, f"{sets.inside} → {THIRD}")
    assert third.endswith(f"({sets.outside} pushed) |")
    assert any(f"{sets.outside} (below −300)" in line and f"{THIRD} −" in line for line in page)


def test_runs_of_other_lengths_have_columns_of_their_own(runs):
    record = json.loads(likely_runs(runs).as_json())
    longer = json.loads(json.dumps(record["runs"][0]))
    longer["run"]["config"]["training"]["steps"] = 9
    record["runs"].append(longer)
    page = as_markdown(negative_document(LikelyRuns.parse(record)))
    assert "| likelihood alone | likelihood alone, 9 steps | pushed down |" in page


def test_negative_trainings_of_one_set_share_a_cell_each_labelled_by_what_differs(runs, sets):
    record = json.loads(likely_runs(runs[:2]).as_json())
    for changed in ({"threshold": -900.0}, {"halved": True}):
        other = deepcopy(record["runs"][1])
        other["run"]["config"]["objective"] |= changed
        record["runs"].append(other)
    page = as_markdown(negative_document(LikelyRuns.parse(record))).splitlines()
    (pushed,) = rows(page, f"{sets.inside} → {sets.outside}")
    area = pushed.split("**")[1]
    assert pushed.endswith(
        f"| **{area}** (objective.halved=False, objective.threshold=-300.0), "
        f"**{area}** (objective.halved=False, objective.threshold=-900.0), "
        f"**{area}** (objective.halved=True, objective.threshold=-300.0) |  |"
    )
    (third,) = rows(page, f"{sets.inside} → {THIRD}")
    assert third.count(f"({sets.outside} pushed, objective.") == 3


def test_flows_of_other_kinds_have_rows_and_panels_of_their_own(runs, sets):
    record = json.loads(likely_runs(runs[:2]).as_json())
    for one in deepcopy(record["runs"]):
        one["run"]["config"]["flow"] = {"kind": "glow"}
        record["runs"].append(one)
    found = LikelyRuns.parse(record)
    page = as_markdown(negative_document(found)).splitlines()
    asked = rows(page, f"{sets.inside} → {sets.outside}")
    assert [line[2] for line in asked] == ["R", "G"]  # RealNVP and Glow
    assert all(line.count("**") == 2 and "(" not in line for line in asked)
    assert len(draw_negative(found, "Both").axes) == 4  # each beside the likelihood alone of its own kind


def test_each_negative_training_has_a_row_of_panels_after_those_of_likelihood_alone(runs, sets):
    record = likely_runs(runs).as_json().replace(sets.inside, "stripes").replace(sets.outside, "noise")
    found = LikelyRuns.parse(json.loads(record))  # titles with names as long as those of tests' folders are cut
    figure = draw_negative(found, "Negative training")
    alone, negative = figure.axes
    said = [text.get_text() for text in figure.texts]
    assert any(text.endswith(", stripes, likelihood alone, 4 steps") for text in said)
    assert any(", stripes, pushing down noise" in text for text in said)
    assert alone.get_xlim() == negative.get_xlim()
    assert len(alone.lines) == 0
    (line,) = negative.lines
    assert set(line.get_xdata()) == {-THRESHOLD}
    assert len(draw_negative(likely_runs(runs[:1]), "Likelihood").axes) == 1


def test_the_verb_writes_page_data_and_picture_and_reads_them_again(oodflow, runs, tmp_path, rendered):
    result = oodflow("negative", *runs, "--write", tmp_path / "negative-training")
    assert result.out.count("negative-training.") == 3
    assert (tmp_path / "negative-training.png").exists()
    page = (tmp_path / "negative-training.md").read_text()
    assert page.startswith("# Negative training\n\n![Negative training](negative-training.png)")
    data = tmp_path / "negative-training.json"
    assert oodflow("negative", data, "--json").out == data.read_text()
    assert oodflow("negative", data).out.startswith("# Negative training\n\n| flow, trained on → asked about |")


def test_a_run_that_went_on_is_to_be_evaluated_again(oodflow, runs):
    (file,) = runs[0].glob("evaluations/*/evaluation.json")
    file.write_text(file.read_text().replace('"weights": "', '"weights": "0'))
    assert "since it was evaluated: run `oodflow evaluate" in oodflow("negative", runs[0]).error
