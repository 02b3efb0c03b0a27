"""Evaluations: what they write, and that nothing but the question changes the answer."""

import json

import numpy as np
import pytest

import oodflow as package
from making_runs import record_of
from oodflow.data import load
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.record import EvaluatedSet, Evaluation, Metrics
from oodflow.files import file_name
from oodflow.metrics import auroc
from oodflow.scores import SCORES, load_scores, observe


def scores_of(run, name):
    return load_scores(run / "scores" / f"{file_name(name)}.npz")


def test_what_an_evaluation_writes(oodflow, run, sets):
    training = record_of(run)["training"]
    assert oodflow("evaluate", run, "--seed", "3").code == 0
    inside, outside = scores_of(run, sets.inside), scores_of(run, sets.outside)
    assert (len(inside.log_prob), len(outside.log_prob)) == (20, 40)
    assert inside.fingerprint == load(sets.inside, "test").fingerprint
    assert list(inside.scores) == ["likelihood"]
    for name in ("likelihoods.png", "samples.png"):
        assert (run / name).read_bytes().startswith(b"\x89PNG")

    record = record_of(run)
    assert record["training"] == training
    evaluation = record["evaluation"]
    options = evaluation["options"]
    assert (options["seed"], options["draws"], options["limit"]) == (3, 1, None)
    assert evaluation["provenance"]["command"] == f"oodflow evaluate {run} --seed 3"
    mine, other = evaluation["sets"]
    assert (mine["name"], mine["split"], mine["images"]) == (sets.inside, "test", 20)
    assert (other["name"], other["split"], other["images"]) == (sets.outside, "all", 40)
    assert other["fingerprint"] == load(sets.outside, "all").fingerprint
    assert mine["bits_per_dim"] == pytest.approx(-inside.log_prob.mean() / (64 * np.log(2)))
    metrics = other["scores"]["likelihood"]
    assert metrics["auroc"] == auroc(-inside.log_prob, -outside.log_prob)
    assert metrics["auroc_low"] <= metrics["auroc"] <= metrics["auroc_high"]
    assert {"aupr_in", "aupr_out", "fpr95"} <= metrics.keys()


def test_again_is_equal_bit_for_bit(oodflow, run):
    def everything():
        assert oodflow("evaluate", run, "--scores", "all").code == 0
        files = [path for path in run.rglob("*") if path.suffix in (".npz", ".png")]
        assert len(files) == 4
        record = record_of(run)
        return {path: path.read_bytes() for path in files}, record["evaluation"]["sets"]

    assert everything() == everything()


def test_batch_size_changes_rounding_only(oodflow, run, sets):
    found = []
    for size in (1, 7, 256):
        oodflow("evaluate", run, "--batch-size", size)
        found.append(scores_of(run, sets.outside).log_prob)
    for one in found[:2]:
        np.testing.assert_allclose(one, found[2], rtol=0, atol=1e-2)


def test_what_else_is_asked_changes_nothing(oodflow, run, sets):
    oodflow("evaluate", run)
    before = scores_of(run, sets.outside).log_prob
    oodflow("evaluate", run, "--ood", "flat?shape=1x8x8", sets.outside, "--limit", 30, "--scores", "all")
    np.testing.assert_array_equal(scores_of(run, sets.outside).log_prob, before[np.arange(30) * 40 // 30])
    assert len(list((run / "scores").iterdir())) == 3  # of this evaluation, and none of the one before


def test_draws_are_averaged_in_probability_space(oodflow, run, sets):
    oodflow("evaluate", run, "--draws", 3, "--seed", 5)
    saved = scores_of(run, sets.outside)
    assert (saved.draws, saved.seed) == (3, 5)
    expected = observe(package.load(run), load(sets.outside, "all"), seed=5, draws=3).log_prob
    np.testing.assert_array_equal(saved.log_prob, expected)
    single = observe(package.load(run), load(sets.outside, "all"), seed=5).log_prob
    assert (np.abs(single - expected) > 1e-3).mean() > 0.9
    assert record_of(run)["evaluation"]["options"]["draws"] == 3


def test_another_seed_is_other_noise(oodflow, run, sets):
    found = []
    for seed in (0, 1):
        oodflow("evaluate", run, "--seed", seed)
        found.append(scores_of(run, sets.outside).log_prob)
    assert (found[0] != found[1]).all()


def test_all_scores(oodflow, run, sets):
    assert oodflow("evaluate", run, "--scores", "all").code == 0
    assert set(scores_of(run, sets.outside).scores) == set(SCORES)
    metrics = record_of(run)["evaluation"]["sets"][1]["scores"]
    assert list(metrics) == list(SCORES)


def test_scores_that_learn_do_it_on_calibration_data(oodflow, run, sets):
    oodflow("evaluate", run, "--scores", "typicality")
    flow = package.load(run)
    calibration, test = (observe(flow, load(sets.inside, split)) for split in ("calibration", "test"))
    expected = SCORES["typicality"]().fit(calibration).score(test)
    np.testing.assert_array_equal(scores_of(run, sets.inside).scores["typicality"], expected)


def test_limit(oodflow, run, sets):
    result = oodflow("evaluate", run, "--limit", 5, "--json")
    evaluation = json.loads(result.out)
    assert evaluation["options"]["limit"] == 5
    assert [one["images"] for one in evaluation["sets"]] == [5, 5]
    assert oodflow("evaluate", run, "--limit", 10_000).code == 0
    assert len(scores_of(run, sets.outside).log_prob) == 40


def test_a_set_named_twice_is_asked_about_once(oodflow, run, sets):
    evaluation = json.loads(oodflow("evaluate", run, "--ood", sets.outside, sets.outside, "--json").out)
    assert [one["name"] for one in evaluation["sets"]] == [sets.inside, sets.outside]


def test_a_set_in_the_flows_shape(oodflow, run, tmp_path):
    np.save(tmp_path / "colour.npy", np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8))
    name = f"npy:{tmp_path / 'colour.npy'}"
    result = oodflow("evaluate", run, "--ood", name)
    assert result.code == 2
    assert f"holds images of shape 3x32x32 but the flow takes 1x8x8: write {name}?shape=1x8x8" in result.error
    assert oodflow("evaluate", run, "--ood", f"{name}?shape=1x8x8").code == 0
    assert scores_of(run, f"{name}?shape=1x8x8").shape == (1, 8, 8)


def test_names_that_look_alike_have_files_of_their_own():
    names = ["folder:a/b", "folder:a-b", "folder-a-b", "npy:" + "x" * 300, "npy:" + "x" * 301]
    files = {file_name(name) for name in names}
    assert len(files) == len(names)
    assert all(len(file) < 80 and "/" not in file for file in files)


def evaluation_of(**areas):
    """An evaluation of sets whose scores have these AUROCs."""

    def entry(name, scores):
        return EvaluatedSet.model_construct(name=name, scores=scores)

    def metrics(area):
        return Metrics.model_construct(auroc=area, n_in=10)

    others = [entry(name, {score: metrics(area) for score, area in of.items()}) for name, of in areas.items()]
    return Evaluation.model_construct(sets=(entry("photographs", {}), *others))


@pytest.mark.parametrize(
    ("areas", "sentences"),
    [
        (
            {"flat": (0.1, 0.95), "smooth": (0.2, 0.92), "noise": (1.0, 0.9), "digits": (0.5, 0.5)},
            "A flow trained on photographs finds flat and smooth more likely than photographs that it has not seen: a "
            "random image of flat beats one of them in 90 of 100 draws, while noise is caught. The score complexity "
            "catches flat and smooth all the same (AUROC 92 % or more), but is no better than chance on digits "
            "(50 %). Neither clearly mistaken nor clearly caught, by AUROC of the likelihood: digits (50 %).",
        ),
        ({"noise": (0.99, 0.1)}, "The likelihood tells noise from photographs (AUROC of 90 % or more)."),
        (
            {"flat": (0.3, 0.5)},
            "A flow trained on photographs finds flat more likely than photographs that it has not seen: a random "
            "image of flat beats one of them in 70 of 100 draws.",
        ),
    ],
)
def test_conclusion(areas, sentences):
    both = {name: {"likelihood": area, "complexity": rescued} for name, (area, rescued) in areas.items()}
    assert conclusion(evaluation_of(**both)) == sentences


def test_conclusion_without_the_likelihood():
    assert conclusion(evaluation_of(b={"typicality": 0.1})) == ""


def test_a_score_learns_from_no_image_that_the_flow_was_trained_on(oodflow, tiny, tmp_path):
    run = tmp_path / "run"
    assert oodflow(*tiny, "split=train+calibration", "--out", run).code == 0
    result = oodflow("evaluate", run, "--scores", "all")
    assert result.code == 2
    assert "typicality must learn from images that the flow has not seen" in result.error
    assert oodflow("evaluate", run, "--scores", "likelihood").code == 0
