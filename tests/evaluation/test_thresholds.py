"""Thresholds and flags of an evaluation: what they rest on, and what is found by them."""

import numpy as np
import pytest

import oodflow as package
from oodflow.data import load
from oodflow.evaluation.promises import above, flagged
from oodflow.evaluation.record import Threshold
from oodflow.metrics import conformal_p_values, conformal_threshold, discoveries
from oodflow.scores import Likelihood, Typicality
from oodflow.statistics import Observation

from .asking import asked, newest, scores_of, unescaped


def test_thresholds_rest_on_images_that_the_score_has_not_learned_from(oodflow, run, sets):
    result = asked(oodflow, run, "--scores", "likelihood", "typicality", "--fpr", 0.2)
    evaluation = newest(run)
    flow = package.load(run)
    calibration = load(sets.inside, "calibration")
    halves = [Observation(flow, calibration.take(np.arange(start, len(calibration), 2))) for start in (0, 1)]
    expected = {"likelihood": Likelihood().score(halves[1]), "typicality": Typicality().fit(halves[0]).score(halves[1])}
    for name, values in expected.items():
        assert evaluation.thresholds[name].images == len(values)
        assert evaluation.thresholds[name].value == pytest.approx(conformal_threshold(values, 0.2))
        for one in evaluation.sets:
            above = (scores_of(run, one.name)[name] > evaluation.thresholds[name].value).mean()
            assert one.above[name] == pytest.approx(above)
    assert "found at 20 %" in result.out
    found, alarms = (100 * evaluation.sets[place].above["typicality"] for place in (1, 0))
    assert f"{found:.1f} ({alarms:.1f})" in result.out
    assert f"at most 20 %, by {len(halves[1].data)} held-out images" in unescaped(result.out)


def test_what_lies_on_the_threshold_is_no_alarm():
    assert above({"a": np.array([1.0, 2, 2, 3])}, {"a": Threshold(value=2.0, images=9)}) == {"a": 0.25}


def test_without_a_rate_there_are_no_thresholds(oodflow, run):
    result = asked(oodflow, run)
    assert "found at" not in result.out
    assert newest(run).thresholds == {}


def test_a_rate_that_the_calibration_part_is_too_small_for(oodflow, run, sets):
    half = len(load(sets.inside, "calibration")) // 2
    result = oodflow("evaluate", run, "--fpr", 0.001)
    assert result.code == 2
    assert (
        "the score likelihood can't be computed here: to promise at most 0.1 % false alarms takes 999 images that it "
        f"has not learned from, and half of the calibration part makes {half}" in result.error
    )
    assert result.error.endswith(f"makes {half}.")
    result = oodflow("evaluate", run, "--fpr", 0.2, "--limit", 6)
    assert result.error.endswith("and half of the calibration part makes 3 (--limit is 6).")
    assert "expected a share between 0 and 1, such as 0.05, but got '5'" in oodflow("evaluate", run, "--fpr", 5).error


def test_a_batch_is_flagged_by_held_out_images_that_the_score_has_not_learned_from(oodflow, run, sets):
    result = asked(oodflow, run, "--scores", "likelihood", "typicality", "--fdr", 0.4)
    flow = package.load(run)
    calibration = load(sets.inside, "calibration")
    halves = [Observation(flow, calibration.take(np.arange(start, len(calibration), 2))) for start in (0, 1)]
    held_out = {"likelihood": Likelihood().score(halves[1]), "typicality": Typicality().fit(halves[0]).score(halves[1])}
    evaluation = newest(run)
    assert evaluation.thresholds == {}
    assert evaluation.inside.flagged == {}
    inside = scores_of(run, evaluation.inside.name)
    for one in evaluation.outsides:
        outside = scores_of(run, one.name)
        for name, reference in held_out.items():
            flags = discoveries(conformal_p_values(reference, np.concatenate([inside[name], outside[name]])), 0.4)
            false, found = flags[: len(inside[name])].sum(), flags[len(inside[name]) :].sum()
            assert one.flagged[name].found == pytest.approx(found / len(outside[name]))
            assert one.flagged[name].false == pytest.approx(false / max(false + found, 1))
    assert "flagged at 40 %" in result.out
    assert "at most 40 % of all that is flagged are false alarms on average" in unescaped(result.out)


def test_what_is_flagged_and_what_of_it_is_false():
    held_out, inside, outside = np.arange(99.0), np.array([1.0, 2, 3, 1000]), np.array([1000.0, 1000, 5])
    (found,) = flagged({"a": held_out}, {"a": inside}, {"a": outside}, 0.05).values()
    assert (found.found, found.false) == pytest.approx((2 / 3, 1 / 3))
    (nothing,) = flagged({"a": held_out}, {"a": inside[:3]}, {"a": outside[2:]}, 0.05).values()
    assert (nothing.found, nothing.false) == (0, 0)
    assert flagged({}, {"a": inside}, {"a": outside}, None) == {}
