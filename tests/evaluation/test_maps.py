"""Maps of scores: that they add up to the score, and which scores have one."""

import numpy as np
import pytest

from oodflow.evaluation.maps import map_figure, score_map
from oodflow.flows import save_flow
from oodflow.scores import LatentLikelihood, Likelihood, LikelihoodRatio, LogDeterminant, Typicality
from oodflow.statistics import Observation
from oodflow.testing.observations import SHAPES, example_data, example_flow
from oodflow.training import seeded

FLOW, DATA = example_flow("grey"), example_data("test", "grey")
IMAGES = DATA.batch(slice(0, 6))
SEEN = Observation(FLOW, DATA)
BITS = FLOW.dims * np.log(256)


@pytest.fixture
def background(tmp_path):
    with seeded(1):
        flow = FLOW.config.build(SHAPES["grey"])
    save_flow(tmp_path / "weights.safetensors", flow)
    return str(tmp_path)


@pytest.mark.parametrize(("score", "constant"), [(Likelihood(), BITS), (LatentLikelihood(), 0), (LogDeterminant(), 0)])
def test_a_map_adds_up_to_the_score(score, constant):
    found = score_map(score, FLOW, IMAGES)
    assert found.shape == IMAGES.shape
    assert found.sum((1, 2, 3)) + constant == pytest.approx(score.score(SEEN)[:6], rel=1e-4)


def test_the_map_of_a_ratio_is_that_of_both_flows(background):
    score = LikelihoodRatio(background=background)
    assert score_map(score, FLOW, IMAGES).sum((1, 2, 3)) == pytest.approx(score.score(SEEN)[:6], abs=1e-2)


@pytest.mark.parametrize("score", [Typicality(), LatentLikelihood(scale=-1)])
def test_what_is_no_sum_over_pixels_has_no_map(score):
    assert score_map(score, FLOW, IMAGES) is None
    assert map_figure({"a": score}, FLOW, {"set": SEEN}, "Maps") is None


def test_the_figure_has_a_row_for_each_score_that_is_a_sum(background):
    scores = {one.name: one for one in (Likelihood(), Typicality(), LikelihoodRatio(background=background))}
    figure = map_figure(scores, FLOW, {"inside": SEEN, "outside": SEEN}, "Maps")
    written = [text.get_text() for text in figure.texts]
    assert {"Maps", "inside", "outside", "likelihood", "likelihood-ratio"} <= {*written}
    assert "typicality" not in written
