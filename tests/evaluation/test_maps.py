"""Maps of scores: that they add up to the score, and which scores have one."""

import pytest

from oodflow.evaluation.maps import map_figure, score_map
from oodflow.flows import GlowConfig, save_flow
from oodflow.flows.dequantisation.variational import VariationalConfig
from oodflow.flows.domains.images import ImagesConfig
from oodflow.scores import LatentLikelihood, Likelihood, LikelihoodRatio, LogDeterminant, Typicality
from oodflow.statistics import Observation
from oodflow.testing.observations import SHAPES, example_data, example_flow
from oodflow.training import seeded

FLOW, DATA = example_flow("grey"), example_data("test", "grey")
IMAGES = DATA.batch(slice(0, 6))
SEEN = Observation(FLOW, DATA)


@pytest.fixture
def background(tmp_path):
    with seeded(1):
        flow = FLOW.config.build(SHAPES["grey"])
    save_flow(tmp_path / "weights.safetensors", flow)
    return str(tmp_path)


@pytest.mark.parametrize("score", [Likelihood(), LatentLikelihood(), LogDeterminant()])
def test_a_map_adds_up_to_the_score(score):
    found = score_map(score, FLOW, IMAGES)
    assert found.shape == IMAGES.shape
    assert found.sum((1, 2, 3)) == pytest.approx(score.score(SEEN)[:6], rel=1e-4)


def test_where_the_noise_has_a_density_that_is_in_the_sum_too():
    with seeded(1):
        flow = GlowConfig(scales=2, steps=1, width=4, domain=ImagesConfig(dequantisation=VariationalConfig(width=4)))
        flow = flow.build(SHAPES["grey"])
    found = score_map(Likelihood(), flow, IMAGES)
    assert found.sum((1, 2, 3)) == pytest.approx(Likelihood().score(Observation(flow, DATA))[:6], rel=1e-4)


def test_captions_are_the_scores_of_the_images():
    figure = map_figure({"likelihood": Likelihood()}, FLOW, {"inside": SEEN}, "Maps")
    written = [text.get_text() for text in figure.texts] + [
        text.get_text() for axes in figure.axes for text in axes.texts
    ]
    for value in Likelihood().score(SEEN)[:4]:
        assert f"{value:,.0f} nats".replace("-", "−") in written
    assert "likelihood: −log p(x)" in written
    twice = map_figure({"likelihood": Likelihood()}, FLOW, {"inside": Observation(FLOW, DATA, draws=2)}, "Maps")
    assert any("the first of 2 draws" in text.get_text() for text in twice.texts)


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
