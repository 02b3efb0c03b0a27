"""Scores of derivatives by the image, beside other libraries and numbers worked out by hand."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf

from oodflow.errors import UsageError
from oodflow.scores import InputGradients, LocalDimension, Scoped, named_score, ranks, shown_scores
from oodflow.scores.local_dimension import local_dimensions
from oodflow.scores.local_pca import local_pca_dimension
from oodflow.statistics import Curvature, DecoderSpectrum, LogProb, Pixels
from oodflow.statistics import InputGradients as Gradients


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def curved(squared_norms, traces, probes=1):
    return {Curvature(probes=probes): np.stack([np.log(squared_norms), traces], 1)}


def test_scoped_is_a_density_of_the_ratio_by_kernels(rng):
    reference = curved(rng.uniform(1, 9, 50), rng.normal(-4, 0.5, 50))
    ratios = np.array([np.exp(log_norm) / -trace for log_norm, trace in reference[Curvature()]])
    learned = Scoped().learn(reference)
    spread = min(ratios.std(), stats.iqr(ratios) / 1.349)
    density = stats.gaussian_kde(ratios, 0.9 * spread * 50**-0.2 / ratios.std(ddof=1))
    test = curved([4.0, 8.0, 8.0], [-2.0, -4.0, 4.0])  # ratios of 2, 2 and -2
    assert Scoped().values(test, learned) == pytest.approx(-density.logpdf([2.0, 2.0, -2.0]))


def test_scoped_is_two_sided():
    usual = curved(np.linspace(3.0, 5.0, 20), np.full(20, -4.0))
    low, middle, high, negative = Scoped().values(
        curved([1.0, 4.0, 16.0, 4.0], [-4.0, -4.0, -4.0, 4.0]), Scoped().learn(usual)
    )
    assert middle < low < negative < high


def test_a_few_traces_near_zero_do_not_widen_the_kernels(rng):
    squared_norms, traces = rng.uniform(1, 9, 50), rng.normal(-4, 0.5, 50)
    narrow = Scoped().learn(curved(squared_norms, traces))["bandwidth"]
    traces[3], traces[7] = 0.0, -1e-9
    learned = Scoped().learn(curved(squared_norms, traces))
    assert learned["ratios"].shape == (49,)  # an infinite one is left out
    assert narrow / 2 < learned["bandwidth"] < narrow * 2
    assert Scoped().values(curved([4.0], [0.0]), learned).tolist() == [np.inf]


def test_ratios_that_are_all_the_same_have_no_density():
    with pytest.raises(UsageError, match="all 5 images of the reference have the same ratio of gradient and curvature"):
        Scoped().learn(curved(np.full(5, 2.0), np.full(5, -2.0)))
    nearly = Scoped().learn(curved([2.0, 2, 2, 2, 3], np.full(5, -2.0)))  # its quartiles are the same
    assert nearly["bandwidth"] > 0


def test_norms_of_gradients_around_an_image_by_their_mahalanobis_distance(rng):
    settings = {"levels": 3, "smallest": 2.0, "largest": 8.0}
    score, read = InputGradients(**settings), Gradients(**settings)
    assert score.reads() == (read,)
    assert read.sigmas * 256 == pytest.approx([2, 4, 8])
    reference = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3)) + [5, 6, 7]
    test = rng.normal(6, 2, (9, 3))
    values = score.values({read: test}, score.learn({read: reference}))
    precision = np.linalg.inv(LedoitWolf().fit(reference).covariance_)
    assert values == pytest.approx([mahalanobis(one, reference.mean(0), precision) ** 2 / 2 for one in test], rel=1e-3)


def test_norms_that_are_all_alike_have_a_finite_distance():
    read = Gradients()
    learned = InputGradients().learn({read: np.ones((4, 7))})
    near, far = InputGradients().values({read: np.stack([np.ones(7), np.full(7, 2.0)])}, learned)
    assert (near, far) == (0, pytest.approx(7 / 2e-6))
    with pytest.raises(UsageError, match="the norms of one image have no covariance: fit on more"):
        InputGradients().learn({read: np.ones((1, 7))})


def flows_view(log_prob, spectra, pixels=None):
    seen = {LogProb(): np.array(log_prob), DecoderSpectrum(): np.array(spectra, np.float32)}
    return seen if pixels is None else seen | {Pixels(): pixels}


SPECTRA = [[3.0, 2, 1, 0], [3, 2, -1, -2], [3, 1, 0, -1], [2, 1, 0, -3], [4, 0.5, 0.25, -2]]


def test_local_dimension_is_the_larger_of_two_ranks():
    score = LocalDimension(dimension=2)
    learned = score.learn(flows_view([-10.0, -12, -14, -16, -18], SPECTRA))
    assert learned["r"] == 0.75  # half of them are above
    assert learned["surprise"].tolist() == [10, 12, 14, 16, 18]
    assert learned["missing"].tolist() == [-3, -2, -2, -2, -1]
    test = flows_view(
        [-11.0, -15.0, -5.0, -5.0, -90.0],
        [[9, 9, 9, -9], [9, 9, -9, -9], [9, -9, -9, -9], [-9, -9, -9, -9], [9, 9, 9, 9]],
    )
    values = score.values(test, learned)
    assert local_dimensions(test[DecoderSpectrum()], 0.75).tolist() == [3, 2, 1, 0, 4]
    assert values[0] == pytest.approx(1 - 5 / 6)  # one of five is less surprising, none misses more
    assert values[1] == pytest.approx(1 - 3 / 6)  # three are less surprising, and one has more dimensions
    assert values[1] < values[2] < values[3] < 1  # the likeliest of all, of too low a dimension
    assert values[2:4] == pytest.approx([1 - 2 / 6, 1 - 1 / 6 / 2])
    assert values[4] == pytest.approx(1 - 1 / 6 / (1 + (90 - 18) / 4))  # of a high dimension, and far too unlikely


def test_the_scale_is_where_held_out_images_have_the_dimension_of_their_neighbours(rng):
    plane = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 12))
    spectra = np.sort(rng.normal(size=(200, 12)))[:, ::-1]
    score = LocalDimension()
    assert Pixels() in score.reads()
    learned = score.learn(flows_view(rng.normal(size=200), spectra, plane.astype(np.float32)))
    assert local_dimensions(spectra, learned["r"]).mean() == pytest.approx(2, abs=0.01)
    assert Pixels() not in LocalDimension(dimension=2).reads()


def test_dimensions_that_can_not_be(rng):
    seen = flows_view([-1.0, -2.0], SPECTRA[:2], np.zeros((2, 4), np.float32))
    with pytest.raises(UsageError, match="dimension is 5: expected at most 4, which the data has"):
        LocalDimension(dimension=5).learn(seen)
    with pytest.raises(UsageError, match="the local dimension of 2 rows can't be told: it takes three or more"):
        LocalDimension().learn(seen)
    with pytest.raises(UsageError, match="does not fit dimension: it should be greater than 0"):
        named_score("local-dimension?dimension=0")


def test_principal_components_of_neighbours(rng):
    angles = rng.uniform(0, 2 * np.pi, 2000)
    circle = np.stack([np.cos(angles), np.sin(angles), np.zeros(2000)], 1)
    assert local_pca_dimension(circle) == 1.0  # of a hundred neighbours, though it fills a plane
    assert np.linalg.matrix_rank(circle) == 2
    assert local_pca_dimension(rng.normal(size=(500, 6))) == pytest.approx(6, abs=0.2)
    assert local_pca_dimension(np.ones((5, 4))) == 0
    assert local_pca_dimension(1000 * circle + 7) == 1.0


def test_ranks_of_counts_go_on_by_whole_steps():
    reference = np.array([-2.0, -2.0, -2.0])
    assert ranks(np.array([-1.0, 0.0]), reference, step=1.0) == pytest.approx([1 - 1 / 8, 1 - 1 / 12])


def test_local_dimension_is_asked_for_by_its_name():
    scores, apart = shown_scores()
    assert "local-dimension" not in scores
    assert apart["local-dimension"] == (
        "it takes as many derivatives of an image as it has numbers: ask for it by its name"
    )
    assert named_score("local-dimension?dimension=12").name == "local-dimension?dimension=12"
