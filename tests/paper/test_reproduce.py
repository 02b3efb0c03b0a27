"""`oodflow reproduce`, as a user meets it."""

import json

import numpy as np
import pytest

import oodflow as oodflow_package
from oodflow.data import load
from oodflow.explanation.record import Explanation
from oodflow.metrics import auroc as auroc_of
from oodflow.paper.claims import Claim, above
from oodflow.paper.evaluating import EvaluatedStudy, Evaluating
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.experiments import EXPERIMENTS
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Training
from oodflow.paper.quantities import auroc, auroc_of_trained_on, explained, outside, rise_in_bits
from oodflow.paper.reproduction import Reproduction
from oodflow.paper.study import Study
from oodflow.runs.provenance import provenance

PATCHES = Study("photographs-realnvp", ood=("noise",))
FACES = Study("celeba-realnvp")

NOTHING = auroc(PATCHES.untrained, "noise")
MARGIN = explained(PATCHES, "noise", outside(lambda one: one.resampling.margin), "it")

SMALL = Experiment(
    title="Small",
    place="Figure 0",
    about="Photographs and noise.",
    evaluated=(PATCHES, FACES),
    untrained=(PATCHES,),
    explained=((PATCHES, "noise"),),
    claims=(
        Claim("noise is told", "1", auroc(PATCHES, "noise"), "AUROC, %", above(50), 99.9, NOTHING),
        Claim("the train part is as likely", "1", auroc_of_trained_on(PATCHES), "AUROC, %", above(0)),
        Claim("its image stays", "2", MARGIN, "grey levels", above(0)),
        Claim("faces are as likely", "3", rise_in_bits(FACES, PATCHES), "bits/dim", above(0)),
    ),
    pictures=(Picture("evaluate-photographs-realnvp", "likelihoods", "What it finds likely."),),
    distributions=(PATCHES,),
)  # fmt: skip


@pytest.fixture
def small():
    with EXPERIMENTS.replacing("small", SMALL):
        yield


def test_a_reproduction_says_what_holds_and_why_what_is_missing_was_not_run(oodflow, small, tmp_path, rendered):
    out = tmp_path / "made"
    words = ["reproduce", "small", "--scale", "smoke", "--seeds", "0", "1", "--out", out]
    result = oodflow(*words)
    assert result.code == 0, result.err
    assert "noise is told (1)" in result.out
    assert "celeba (train) is not in " in result.out.partition("Not run, 4: ")[2]
    record = Reproduction.read(out / "small.json")
    told, alike, stays, faces = record.experiments["small"].claims
    assert {claim.verdict for claim in (told, alike, stays, faces)} == {"not run"}, "at smoke scale nothing is learned"
    assert told.measured is not None
    assert len(told.measured.values) == 2
    first, second = (
        EvaluatedStudy.read(out / "found" / f"evaluate-photographs-realnvp-{seed}.json") for seed in (0, 1)
    )
    noise = [one.evaluated.evaluation.outsides[0].scores["likelihood"] for one in (first, second)]
    assert told.measured.numbers == tuple(100 * one.auroc for one in noise)
    assert told.measured.within == pytest.approx(sum(25 * (one.auroc_high - one.auroc_low) for one in noise))
    assert alike.measured.numbers == tuple(100 * one.trained_on.auroc for one in (first, second))
    evaluating = Evaluating(Training(PATCHES, 0))
    values = evaluating.values(Lab(out, "smoke", (0, 1)))
    assert list(values) == ["photographs", "noise"]
    assert 100 * auroc_of(*(-of for of in values.values())) == pytest.approx(told.measured.values[0])
    flow = oodflow_package.load(out / "runs" / "photographs-realnvp-0")
    parts = [load("photographs", part).limit(16).batch(range(16)) for part in ("train", "test")]
    known, test = (flow.log_prob(images, seed=0) for images in parts)
    np.testing.assert_allclose(values["photographs"], test, rtol=1e-5)
    assert 100 * auroc_of(-known, -test) == pytest.approx(alike.measured.values[0])
    explanations = [
        Explanation.read(out / "found" / f"explain-photographs-realnvp-noise-{seed}.json") for seed in (0, 1)
    ]
    assert stays.measured.numbers == tuple(one.outside.resampling.margin.value for one in explanations)
    untrained = EvaluatedStudy.read(out / "found" / "evaluate-photographs-realnvp-untrained-0.json")
    assert untrained.evaluated.evaluation.step == 1
    assert told.learned_nothing == 100 * untrained.evaluated.evaluation.outsides[0].scores["likelihood"].auroc
    assert first.likelihood != second.likelihood
    assert faces.measured is None
    assert faces.reason.startswith("celeba (train) is not in ")
    (picture,) = record.experiments["small"].pictures
    assert (out / "figures" / picture.file).stat().st_size > 1000
    page = (out / "small.md").read_text()
    assert f"figures/{picture.file}" in page
    assert f"oodflow train photographs-realnvp --scale smoke --seed 1 --out {out}/runs/photographs-realnvp-1" in page

    report = json.loads(oodflow("report", out / "small.json", "--write", tmp_path / "page", "--json").out)
    assert any("photographs-realnvp-set-1-" in file for file in report["pictures"])
    page = (tmp_path / "page.html").read_text()
    assert page.count("<details") > 16, "each image of a gallery opens"
    assert "Most likely" in page

    again = oodflow(*words)
    assert "[1/" not in again.err.replace("celeba", ""), "all that can be done is done"
    assert "more seeds" not in again.err
    assert Reproduction.read(out / "small.json").experiments == record.experiments


def test_the_page_is_one_of_html_and_is_made_again_from_its_record(oodflow, tmp_path, rendered):
    out = tmp_path / "made"
    assert oodflow("reproduce", "fig7", "--scale", "smoke", "--out", out).code == 0
    page = (out / "fig7.html").read_text()
    assert page.count("data:image/png;base64,") == 1
    assert "each channel of a squeezed image is a subsampled version of it" in page
    written = tmp_path / "again" / "page"
    result = oodflow("report", out / "fig7.json", "--write", written, "--json")
    files = json.loads(result.out)
    assert files["pictures"] == [str(tmp_path / "again" / "page-pictures" / "masks.png")]
    assert "each channel of a squeezed image" in (tmp_path / "again" / "page.md").read_text()
    assert "leave" in oodflow("report", out / "fig7.json", out).error
    assert f"name its page: {out}/fig7.json" in oodflow("report", out).error
    (rest,) = Reproduction.read(out / "fig7.json").experiments["fig7"].rests.values()
    assert rest.commit == provenance("here").commit
    assert rest.date


def test_a_page_of_fewer_seeds_tells_of_the_one_whose_place_it_takes(oodflow, small, tmp_path):
    words = ["reproduce", "small", "--scale", "smoke", "--out", tmp_path / "made", "--page", "--seeds"]
    assert "more seeds" not in oodflow(*words, "1", "2").err
    assert "`--seeds 0 1 2 --page` writes it anew" in oodflow(*words, "0", "1").err


def test_the_page_of_what_there_is_by_now_does_nothing_else(oodflow, small, tmp_path):
    out = tmp_path / "made"
    assert oodflow("reproduce", "small", "--scale", "smoke", "--out", out, "--page").code == 0
    assert sorted(path.name for path in out.iterdir()) == ["small.html", "small.json", "small.md"]
    claims = Reproduction.read(out / "small.json").experiments["small"].claims
    assert [claim.reason.partition(" is not")[0] for claim in claims] == [
        "evaluate-photographs-realnvp-0 has not been done", "evaluate-photographs-realnvp-0 has not been done",
        "explain-photographs-realnvp-noise-0 has not been done", "celeba (train)",
    ]  # fmt: skip


def test_what_was_measured_is_enough_to_go_on_without_the_flows(oodflow, small, tmp_path):
    import shutil

    out = tmp_path / "made"
    words = ["reproduce", "small", "--scale", "smoke", "--seeds", "0", "--out", out]
    assert oodflow(*words).code == 0
    before = Reproduction.read(out / "small.json")
    shutil.rmtree(out / "runs")
    result = oodflow(*words)
    assert result.code == 0
    assert not (out / "runs" / "photographs-realnvp-0").exists()
    assert oodflow("report", out / "small.json", "--write", tmp_path / "page").code == 0
    assert "It can't be looked at: " in (tmp_path / "page.md").read_text()
    assert Reproduction.read(out / "small.json").experiments == before.experiments


def test_one_piece_of_work_is_done_by_itself_with_what_it_needs(oodflow, small, tmp_path):
    out = tmp_path / "made"
    name = "evaluate-photographs-realnvp-1"
    result = oodflow("reproduce", "small", "--scale", "smoke", "--out", out, "--only", name)
    assert result.code == 0, result.err
    assert sorted(path.name for path in (out / "found").iterdir()) == [f"{name}.json", f"{name}.safetensors"]
    assert [path.name for path in (out / "runs").iterdir()] == ["photographs-realnvp-1"]
    assert not (out / "working").exists()


def test_a_study_that_was_changed_is_asked_anew(oodflow, tmp_path):
    def made(study):
        claim = Claim("it", "", auroc(study, "noise"), "%", above(0))
        one = Experiment("Small", "", "It.", evaluated=(study,), claims=(claim,))
        with EXPERIMENTS.replacing("small", one):
            return oodflow("reproduce", "small", "--scale", "smoke", "--seeds", "0", "--out", tmp_path / "made")

    assert made(PATCHES).code == 0
    changed = Study("photographs-realnvp", ("flow.width=6",), ood=("noise",))
    assert "holds a run of another configuration" in made(changed).error


def test_the_plan_is_a_graph_that_a_scheduler_can_take(oodflow, small, tmp_path):
    result = oodflow("reproduce", "small", "--scale", "smoke", "--out", tmp_path / "made", "--plan")
    plan = json.loads(result.out)
    names = [node["name"] for node in plan["nodes"]]
    assert names[:2] == ["train-photographs-realnvp-0", "evaluate-photographs-realnvp-0"]
    assert all(need in names for node in plan["nodes"] for need in node["needs"])
    assert not (tmp_path / "made").exists(), "nothing is written"


def test_the_list_tells_what_is_done_and_left_at_each_scale(oodflow, monkeypatch, tmp_path):
    from oodflow.cli import reproduce

    out = tmp_path / "made"
    monkeypatch.setattr(reproduce, "EXPERIMENTS", {"fig7": EXPERIMENTS["fig7"], "fig10": EXPERIMENTS["fig10"]})
    assert oodflow("reproduce", "fig7", "--scale", "cpu", "--out", out).code == 0
    costs = json.loads(oodflow("reproduce", "list", "--out", out, "--json").out)
    assert costs["fig7"]["cpu"] == {"done": 1, "of": 1, "seconds": None}
    assert costs["fig10"]["cpu"]["done"] == 0
    assert costs["fig10"]["cpu"]["seconds"] > 100 * costs["fig10"]["smoke"]["seconds"] > 0
    assert costs["fig10"]["long"]["seconds"] is None, "the recipe has no such scale"
    shown = oodflow("reproduce", "list", "--out", out).out
    assert "| fig7 | Figure 7 | Squeezing and masks | 1 of 1 |" in shown


def test_what_needs_no_training_holds_exactly(oodflow, tmp_path):
    result = oodflow("reproduce", "fig7", "--scale", "smoke", "--out", tmp_path / "made", "--json")
    record = json.loads(result.out)
    assert {claim["verdict"] for claim in record["experiments"]["fig7"]["claims"]} == {"holds"}


def test_names_are_taken_in_any_case(oodflow, tmp_path):
    assert oodflow("reproduce", "FIG7", "--scale", "smoke", "--out", tmp_path / "made").code == 0
    assert (tmp_path / "made" / "fig7.md").exists()


def test_a_folder_that_can_not_be_written_is_refused_before_any_work(oodflow, tmp_path):
    (tmp_path / "file").write_text("")
    result = oodflow("reproduce", "fig7", "--out", tmp_path / "file")
    assert (result.code, result.error) == (
        1,
        f"oodflow: {tmp_path / 'file'} can't be written: choose another folder with --out.",
    )


def test_the_cycle_mask_returns_after_four_couplings(oodflow, tmp_path):
    result = oodflow("reproduce", "fig12", "--scale", "smoke", "--out", tmp_path / "made", "--json")
    cycle, beside, halves = json.loads(result.out)["experiments"]["fig12"]["claims"]
    values = [claim["measured"]["values"] for claim in (cycle, beside, halves)]
    assert values == [{"0": 4.0}, {"0": 25.0}, {"0": 2.0}]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fig99"], "unknown experiment 'fig99': did you mean 'fig9'"),
        (["fig7", "--scale", "large"], "--scale is 'large': expected one of smoke, cpu, long, paper."),
        (["fig7", "--only", "mask"], "unknown piece of work 'mask': did you mean masks? --plan lists them."),
        (["list", "--only", "masks"], "leave --plan, --page and --only away"),
        (["all", "--out", "."], "--out is .: name a folder"),
        (["fig7", "--seeds", "-1"], "expected a whole number from 0 but got '-1'"),
        (["fig7", "--plan", "--only", "masks"], "not allowed with argument"),
    ],
)
def test_what_was_mistyped_is_refused_in_a_sentence(oodflow, words, message):
    result = oodflow("reproduce", *words)
    assert result.code == 2
    assert message in result.error
