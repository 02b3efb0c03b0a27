"""Thresholds of an evaluation: what they rest on, and what lies above them."""

import numpy as np
import pytest

import oodflow as package
from oodflow.data import load
from oodflow.evaluation.evaluate import above
from oodflow.evaluation.record import Threshold
from oodflow.metrics import conformal_threshold
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
        "the score likelihood can't be computed here: a threshold for 0.1 % false alarms takes 999 images that it has "
        f"not learned from, and half of the calibration part makes {half}" in result.error
    )
    assert "expected a share between 0 and 1, such as 0.05, but got '5'" in oodflow("evaluate", run, "--fpr", 5).error
