"""Evaluations: what they write, and that nothing but the question changes the answer."""

import json
from typing import Literal

import numpy as np
import pytest

import oodflow as package
from making_runs import record_of
from oodflow.cli import main
from oodflow.data import load
from oodflow.evaluation import evaluate
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.record import evaluations
from oodflow.files import digest, file_name
from oodflow.flows import save_flow
from oodflow.metrics import auroc, auroc_difference, bits_per_dim, ranking
from oodflow.runs import RunDir
from oodflow.scores import SCORES, Likelihood
from oodflow.statistics import LogProb, Observation

from .asking import asked, folders, newest, scores_of, unescaped


def test_what_an_evaluation_writes(oodflow, run, sets, rendered):
    before = record_of(run)
    assert oodflow("evaluate", run, "--seed", "3").code == 0
    assert record_of(run) == before
    (folder,) = folders(run)
    assert sorted(path.name for path in folder.iterdir()) == [
        "evaluation.json", "likelihoods.png", "maps.png", "roc.png", "samples.png", "scores", "scores.csv"
    ]  # fmt: skip
    for name in ("likelihoods.png", "maps.png", "roc.png", "samples.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    inside, outside = scores_of(run, sets.inside), scores_of(run, sets.outside)
    assert list(inside) == ["likelihood"]
    assert (inside["likelihood"].shape, outside["likelihood"].shape) == ((20,), (40,))

    evaluation = newest(run)
    options = evaluation.options
    assert (options.seed, options.draws, options.limit, options.ood) == (3, 1, None, (sets.outside,))
    assert evaluation.provenance.command == f"oodflow evaluate {run} --seed 3"
    assert evaluation.step == 4
    assert evaluation.scores == {"likelihood": {"kind": "likelihood"}}
    mine, other = evaluation.sets
    assert (mine.name, mine.split, mine.images, mine.shape) == (sets.inside, "test", 20, (1, 8, 8))
    assert (other.name, other.split, other.images) == (sets.outside, "all", 40)
    assert mine.fingerprint == load(sets.inside, "test").fingerprint
    assert other.fingerprint == load(sets.outside, "all").fingerprint
    assert mine.bits_per_dim == pytest.approx(inside["likelihood"].mean() / (64 * np.log(2)))
    metrics = other.scores["likelihood"]
    assert metrics.auroc == auroc(inside["likelihood"], outside["likelihood"])
    assert (metrics.n_in, metrics.n_out) == (20, 40)


def test_metrics_are_those_of_the_scores(oodflow, run, sets, tmp_path):
    np.save(tmp_path / "alike.npy", load(sets.inside, "train").batch(slice(30)) ^ 1)  # hardly others
    name = f"npy:{tmp_path / 'alike.npy'}"
    asked(oodflow, run, "--ood", name, "--seed", 3)
    inside, outside = (scores_of(run, one)["likelihood"] for one in (sets.inside, name))
    expected = ranking(inside, outside, seed=3)
    assert newest(run).sets[1].scores["likelihood"] == expected
    assert expected.auroc_low < expected.auroc < expected.auroc_high


def test_scores_of_single_images_are_compared_with_the_likelihood(oodflow, run, sets):
    names = ["likelihood", "typicality", "typicality?group=2", "compressed-size"]
    result = asked(oodflow, run, "--scores", *names)
    inside, outside = (scores_of(run, one) for one in (sets.inside, sets.outside))
    differences = newest(run).outsides[0].differences
    assert differences.keys() == {"typicality", "compressed-size", "principal-components"}
    for name, found in differences.items():
        pairs = [(inside[score], outside[score]) for score in (name, "likelihood")]
        assert found == auroc_difference(*pairs)
    assert "beyond likelihood" in result.out
    assert "Scores of groups have none, for it judges single images." in unescaped(result.out)
    assert newest(run).inside.differences == {}
    assert "beyond likelihood" not in asked(oodflow, run).out


def test_beside_a_score_stand_the_likelihood_and_baselines(oodflow, run):
    """Else nobody could tell what it is worth: the paragraph compares it with both."""
    result = asked(oodflow, run, "--scores", "combined", "--fpr", 0.2)
    evaluation = newest(run)
    assert evaluation.options.scores == ("combined",)
    assert list(evaluation.scores) == ["likelihood", "combined", "compressed-size", "principal-components"]
    assert evaluation.outsides[0].scores.keys() == evaluation.thresholds.keys() == evaluation.scores.keys()
    assert evaluation.outsides[0].differences.keys() == evaluation.scores.keys() - {"likelihood"}
    assert conclusion(evaluation)
    assert conclusion(evaluation) in " ".join(unescaped(result.out).replace("\n> ", " ").split())
    asked(oodflow, run, "--scores", "likelihood")
    assert list(newest(run).scores) == ["likelihood"]


def test_each_score_has_its_cost(oodflow, run):
    """What one score takes if it is the only one: the flow's pass, which most of them share, is in all of them."""
    result = asked(oodflow, run, "--scores", "likelihood", "latent-likelihood", "gradient-norms", "compressed-size")
    costs = newest(run).costs
    asked_for = {"likelihood", "latent-likelihood", "gradient-norms", "compressed-size"}
    assert costs.keys() == asked_for | {"principal-components"}
    assert all(seconds > 0 for seconds in costs.values())
    assert "ms/image" in result.out
    oodflow("evaluate", run, "--scores", "likelihood", "--limit", 20)  # all is in the store
    assert newest(run).costs.keys() == {"likelihood"}
    for file in (run / "statistics").glob("*.cost.json"):
        file.unlink()
    oodflow("evaluate", run, "--scores", "likelihood", "--limit", 19)
    oodflow("evaluate", run, "--scores", "latent-likelihood")
    assert newest(run).costs.keys() == {"principal-components"}  # pixels are not kept, and so looked at again


def test_again_is_equal_bit_for_bit(oodflow, run, rendered):
    def everything():
        asked(oodflow, run, "--scores", "all")
        files = [path for path in (run / "evaluations").rglob("*") if path.suffix in (".safetensors", ".png")]
        assert len(files) == 7
        return {path: path.read_bytes() for path in files}, newest(run).sets

    assert everything() == everything()


def test_batch_size_changes_rounding_only(oodflow, run, sets):
    found = []
    for size in (1, 7, 256):
        asked(oodflow, run, "--batch-size", size)
        found.append(scores_of(run, sets.outside)["likelihood"])
    for one in found[:2]:
        np.testing.assert_allclose(one, found[2], rtol=0, atol=1e-2)


def test_a_score_named_twice_is_asked_once(oodflow, run):
    asked(oodflow, run, "--scores", "likelihood", "likelihood")
    assert newest(run).options.scores == ("likelihood",)
    assert [folder.name.startswith("noise.npy-likelihood-likelihood") for folder in folders(run)] == [False]
    assert "This replaces the same evaluation" in oodflow("evaluate", run).out


def test_what_else_is_asked_changes_nothing(oodflow, run, sets):
    asked(oodflow, run)
    before = scores_of(run, sets.outside)["likelihood"]
    asked(oodflow, run, "--ood", "flat?shape=1x8x8", sets.outside, "--limit", 30, "--scores", "all")
    np.testing.assert_array_equal(scores_of(run, sets.outside)["likelihood"], before[np.arange(30) * 40 // 30])


def test_evaluations_live_side_by_side(oodflow, run, sets):
    for arguments in ([], ["--seed", 1], ["--scores", "all"], ["--limit", 5], ["--draws", 2]):
        assert "replaces" not in oodflow("evaluate", run, *arguments).out
    assert len(folders(run)) == 5
    assert [one.options.draws for one in evaluations(RunDir(run))] == [1, 1, 1, 1, 2]
    assert newest(run).options.draws == 2
    names = [folder.name for folder in folders(run)]
    assert sum(name.startswith("noise.npy-likelihood-") for name in names) == 4
    assert sum(name.startswith("noise.npy-all-") for name in names) == 1
    first = evaluations(RunDir(run))[0]
    repeated = oodflow("evaluate", run)
    assert f"This replaces the same evaluation of {first.provenance.date}." in repeated.out
    assert len(folders(run)) == 5
    assert newest(run).sets == first.sets


def test_all_scores_are_another_question_when_there_are_others(oodflow, run):
    oodflow("evaluate", run, "--scores", "all")

    class Mine(Likelihood):
        kind: Literal["mine"] = "mine"

    with SCORES.replacing("mine", Mine):
        oodflow("evaluate", run, "--scores", "all")
    assert len(folders(run)) == 2


def test_other_weights_and_other_data_are_another_question(oodflow, run, sets, tmp_path):
    own = tmp_path / "own.npy"
    name = f"npy:{own}"
    for seed in (0, 1):
        np.save(own, np.random.default_rng(seed).integers(0, 256, (30, 1, 8, 8), dtype=np.uint8))
        assert oodflow("evaluate", run, "--ood", name).code == 0
    assert len(folders(run)) == 2
    flow = package.load(run)
    with_other = next(iter(flow.parameters()))
    with_other.data += 0.01
    save_flow(run / "weights.safetensors", flow)
    assert oodflow("evaluate", run, "--ood", name).code == 0
    assert len(folders(run)) == 3
    first, _, third = evaluations(RunDir(run))
    assert first.weights != third.weights
    assert first.inside.bits_per_dim != third.inside.bits_per_dim


@pytest.mark.parametrize("place", ["load_flow", "open_sets"])
def test_weights_that_are_written_meanwhile_are_not_taken_for_those_that_were_read(oodflow, run, monkeypatch, place):
    """As those of a run that is still in training."""
    former, function, written = package.load(run), getattr(evaluate, place), []

    def and_write(*arguments, **settings):
        result = function(*arguments, **settings)
        if not written:
            flow = package.load(run)
            next(iter(flow.parameters())).data += 0.01
            save_flow(run / "weights.safetensors", flow)
            written.append(digest(run / "weights.safetensors"))
        return result

    monkeypatch.setattr(evaluate, place, and_write)
    assert oodflow("evaluate", run).code == 0
    evaluation = newest(run)
    used = package.load(run) if evaluation.weights == written[0] else former
    log_prob = Observation(used, load(evaluation.inside.name, "test"))[LogProb()]
    assert evaluation.inside.log_prob == log_prob.mean()


def test_the_step_is_that_of_the_weights_whatever_the_record_says_meanwhile(oodflow, run):
    record = json.loads((run / "record.json").read_text())
    record["training"]["steps"] = 99
    (run / "record.json").write_text(json.dumps(record))
    assert oodflow("evaluate", run).code == 0
    assert newest(run).step == 4


def test_other_scores_and_sets_run_no_flow_again(oodflow, run, sets, passes):
    oodflow("evaluate", run)
    assert passes == [20, 40]
    oodflow("evaluate", run, "--scores", "likelihood", "complexity", "compressed-size")
    assert passes == [20, 40]
    others = ("--ood", sets.outside, "flat?shape=1x8x8", "--limit", 60)
    oodflow("evaluate", run, "--scores", "typicality", "complexity", *others)
    assert passes == [20, 40, 20, 60]  # calibration and the new set
    oodflow("evaluate", run, "--draws", 3)
    assert passes == [20, 40, 20, 60, 20, 20, 40, 40]


def test_what_was_done_before_it_was_stopped_is_kept(oodflow, run, sets, passes, monkeypatch):
    from oodflow.statistics import Observation

    pass_over = Observation._pass

    def stop(self, *arguments):
        if self.data.name == sets.outside:
            raise KeyboardInterrupt
        return pass_over(self, *arguments)

    monkeypatch.setattr(Observation, "_pass", stop)
    assert oodflow("evaluate", run).code == 130
    assert not (run / "evaluations").exists()
    monkeypatch.setattr(Observation, "_pass", pass_over)
    assert oodflow("evaluate", run).code == 0
    assert passes == [20, 40]


@pytest.mark.parametrize("place", ["save_tensors", "save_figure", "_draw"])
def test_what_fails_while_writing_leaves_the_former_whole(oodflow, run, monkeypatch, place):
    oodflow("evaluate", run)
    before = {path: path.read_bytes() for path in (run / "evaluations").rglob("*") if path.is_file()}
    monkeypatch.setattr(f"oodflow.evaluation.evaluate.{place}", lambda *_: 1 / 0)
    for arguments in ([], ["--seed", 7]):
        assert "ZeroDivisionError" in oodflow("evaluate", run, *arguments).error
        assert {path: path.read_bytes() for path in (run / "evaluations").rglob("*") if path.is_file()} == before


def test_draws_are_averaged_in_probability_space(oodflow, run, sets):
    told = asked(oodflow, run, "--draws", 3, "--seed", 5).out
    saved = scores_of(run, sets.outside)["likelihood"]
    outside, flow = load(sets.outside, "all"), package.load(run)
    np.testing.assert_array_equal(saved, -Observation(flow, outside, seed=5, draws=3)[LogProb()])
    single = -Observation(flow, outside, seed=5)[LogProb()]
    assert (np.abs(single - saved) > 1e-3).mean() > 0.9
    evaluation = newest(run)
    assert evaluation.options.draws == 3
    each = [Observation(flow, outside, seed=5, draws=3)[LogProb(bound=bound)] for bound in (False, True)]
    sampled, bound = (bits_per_dim(values.mean(), 64) for values in each)
    assert sampled < bound
    assert (evaluation.sets[1].bits_per_dim, evaluation.sets[1].bits_per_dim_bound) == pytest.approx((sampled, bound))
    assert f"{sampled:.3f} (bound {bound:.3f})" in told


def test_another_seed_is_other_noise(oodflow, run, sets):
    found = []
    for seed in (0, 1):
        asked(oodflow, run, "--seed", seed)
        found.append(scores_of(run, sets.outside)["likelihood"])
    assert (found[0] != found[1]).all()


def test_limit(oodflow, run, sets):
    evaluation = json.loads(asked(oodflow, run, "--limit", 5, "--json").out)
    assert evaluation["options"]["limit"] == 5
    assert [one["images"] for one in evaluation["sets"]] == [5, 5]
    asked(oodflow, run, "--limit", 10_000)
    assert len(scores_of(run, sets.outside)["likelihood"]) == 40


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
    assert newest(run).sets[1].shape == (1, 8, 8)


def test_names_that_look_alike_have_files_of_their_own():
    names = ["folder:a/b", "folder:a-b", "folder-a-b", "npy:" + "x" * 300, "npy:" + "x" * 301]
    files = {file_name(name) for name in names}
    assert len(files) == len(names)
    assert all(len(file) < 80 and "/" not in file for file in files)


def test_statistics_of_a_moved_run_are_still_its_own(oodflow, run, tmp_path, passes):
    oodflow("evaluate", run)
    moved = run.rename(tmp_path / "moved")
    passes.clear()
    assert main(["evaluate", str(moved)]) == 0
    assert passes == []
