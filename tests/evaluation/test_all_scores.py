"""Which scores `all` stands for and leaves out, and what those that learn do it on."""

from typing import ClassVar, Literal

import numpy as np
import pytest
from pydantic import model_validator

import oodflow as package
from oodflow.data import limited, load
from oodflow.scores import SCORES, BatchNorm, Likelihood, Typicality
from oodflow.statistics import Observation

from .asking import asked, newest, scores_of, unescaped

APART = {
    "likelihood-ratio", "waic", "local-dimension", "embedding-mahalanobis", "embedding-mixture",
    "embedding-neighbours", "perturbed-likelihood",
    *(BatchNorm(**settings).name for settings in BatchNorm.shown),
}  # fmt: skip


def test_all_scores(oodflow, run, sets):
    asked(oodflow, run, "--scores", "all", "typicality?group=4")
    names = [*shown(), "typicality?group=4"]
    saved = scores_of(run, sets.outside)
    assert set(saved) == set(names)
    assert saved["typicality?group=4"].shape == (10,)
    evaluation = newest(run)
    assert list(evaluation.sets[1].scores) == list(evaluation.scores) == names
    assert evaluation.sets[1].scores["typicality?group=4"].n_in == 5
    assert {*evaluation.left_out} == ({*shown(most=25)} | APART) - {*names}
    assert "st-networks have batch norm, and this one has none" in evaluation.left_out["batch-norm"]
    assert "it takes settings of its own, as waic?others=..." in evaluation.left_out["waic"]


def shown(learning=True, most=20):
    """Name the scores of ``all`` of a flow without batch norm: those without settings, of groups that are filled."""
    kinds = [kind for kind in SCORES.values() if not any(field.is_required() for field in kind.model_fields.values())]
    scores = [kind(**settings) for kind in kinds for settings in kind.shown if learning or not kind.learns]
    return [score.name for score in scores if score.group_size <= most and score.name not in APART]


def test_all_leaves_out_what_can_not_learn_from_so_few(oodflow, run):
    asked(oodflow, run, "--scores", "all", "--limit", 2)
    evaluation = newest(run)
    assert evaluation.left_out["combined"] == "the reference has fewer than two images: fit on more (--limit is 2)"
    assert "st-networks have batch norm, and this one has none" in evaluation.left_out["batch-norm"]
    few = f"it judges groups of 5 images, and {evaluation.inside.name} has 2: take more images or smaller groups"
    assert evaluation.left_out["projections?group=5"] == f"{few} (--limit is 2)"
    assert "typicality" in evaluation.scores
    assert "combined" not in evaluation.scores
    result = oodflow("evaluate", run, "--scores", "combined", "--limit", 2)
    assert result.code == 2
    assert "the score combined can't be computed here: the reference has fewer than two images" in result.error
    assert result.error.endswith("fit on more (--limit is 2).")


def test_scores_that_learn_do_it_on_calibration_data(oodflow, run, sets):
    asked(oodflow, run, "--scores", "typicality")
    flow = package.load(run)
    calibration, test = (Observation(flow, load(sets.inside, split)) for split in ("calibration", "test"))
    expected = Typicality().fit(calibration).score(test)
    np.testing.assert_array_equal(scores_of(run, sets.inside)["typicality"], expected)
    asked(oodflow, run, "--scores", "typicality", "--limit", 5)
    fewer = [Observation(flow, some) for some in (limited(calibration.data, 5), test.data.limit(5))]
    np.testing.assert_array_equal(scores_of(run, sets.inside)["typicality"], Typicality().fit(fewer[0]).score(fewer[1]))


@pytest.fixture
def whole(oodflow, tiny, tmp_path):
    """A run that was trained on the whole official train part, as at paper scale."""
    assert oodflow(*tiny, "split=train+calibration", "--out", tmp_path / "whole").code == 0
    return tmp_path / "whole"


def test_a_score_learns_from_no_image_that_the_flow_was_trained_on(oodflow, whole):
    result = oodflow("evaluate", whole, "--scores", "likelihood", "typicality")
    assert result.code == 2
    assert (
        "the score typicality can't be computed here: it must learn from data that the flow has not seen, and this "
        "flow was trained on train+calibration" in result.error
    )
    assert (
        "ask for scores that learn nothing, such as likelihood or complexity, or train with split=train" in result.error
    )
    assert not (whole / "evaluations").exists()
    assert oodflow("evaluate", whole, "--scores", "likelihood").code == 0


def test_all_leaves_out_what_does_not_apply_and_says_why(oodflow, whole):
    result = oodflow("evaluate", whole, "--scores", "all")
    assert result.code == 0
    assert "typicality is left out: it must learn from data that the flow has not seen" in result.out
    evaluation = newest(whole)
    assert {*evaluation.left_out} == ({*shown(most=25)} | APART) - {*shown(learning=False)}
    assert list(evaluation.scores) == shown(learning=False)
    assert oodflow("evaluate", whole, "--scores", "all", "typicality").code == 2  # it was asked for


def test_all_leaves_out_what_has_no_defaults(oodflow, run):
    class Demanding(Likelihood):
        background: str

    class Particular(Likelihood):
        @model_validator(mode="after")
        def refuse(self):
            raise ValueError("one setting at least")

    with SCORES.replacing("demanding", Demanding), SCORES.replacing("particular", Particular):
        result = oodflow("evaluate", run, "--scores", "all")
    assert "demanding is left out: it takes settings of its own, as demanding?background=...." in result.out
    assert "particular is left out: it takes settings of its own, as particular?setting=...: one setting" in result.out


def test_all_leaves_out_what_is_to_be_asked_for(oodflow, run):
    result = oodflow("evaluate", run, "--scores", "all")
    why = "it takes as many derivatives of an image as it has numbers: ask for it by its name"
    assert f"local-dimension is left out: {why}." in unescaped(result.out)
    result = oodflow("evaluate", run, "--scores", "all", "local-dimension")
    assert "local-dimension is left out" not in unescaped(result.out)
    assert "local-dimension" in newest(run).scores


def test_all_leaves_out_groups_that_no_set_fills(oodflow, run, tmp_path, passes):
    np.save(tmp_path / "few.npy", np.zeros((3, 1, 8, 8), np.uint8))
    few = f"npy:{tmp_path / 'few.npy'}"
    why = f"it judges groups of 4 images, and {few} has 3: take more images or smaller groups."

    class Grouped(Typicality):
        kind: Literal["grouped"] = "grouped"
        shown: ClassVar = ({},)
        group: int = 4

    with SCORES.replacing("grouped", Grouped):
        result = oodflow("evaluate", run, "--ood", few, "--scores", "all")
    assert f"grouped is left out: {why}" in unescaped(result.out)
    assert list(newest(run).scores) == shown(most=3)
    passes.clear()
    result = oodflow("evaluate", run, "--ood", few, "--seed", 1, "--scores", "typicality?group=4")
    assert (result.code, passes) == (2, [])
    assert f"the score typicality?group=4 can't be computed here: {why}" in result.error


def test_calibration_data_that_is_not_there(oodflow, run, monkeypatch):
    from oodflow.errors import OodflowError
    from oodflow.evaluation import choice

    def missing(*arguments, **settings):
        raise OodflowError("mnist (train) is not in data: run `oodflow data get mnist`.")

    monkeypatch.setattr(choice, "load_unseen", missing)
    assert oodflow("evaluate", run).code == 0
    result = oodflow("evaluate", run, "--scores", "all")
    assert "typicality is left out: mnist (train) is not in data: run `oodflow data get mnist`." in unescaped(
        result.out
    )
    assert "can't be computed here: mnist (train) is not in" in oodflow("evaluate", run, "--scores", "typicality").error
