"""The values of scores, beside other libraries and numbers worked out by hand."""

import copy

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy import stats
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity, NearestNeighbors
from sklearn.preprocessing import normalize
from sklearn.svm import OneClassSVM

from oodflow.data import ImageSet, RealSet
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import image_noise, save_flow
from oodflow.metrics import conformal_p_values
from oodflow.scores import (
    WAIC,
    BatchNorm,
    Combined,
    DensityOfScores,
    EmbeddingMahalanobis,
    EmbeddingMixture,
    EmbeddingNeighbours,
    GradientNorms,
    LatentCovariance,
    LatentLikelihood,
    LatentNormality,
    LikelihoodRatio,
    PerturbedLikelihood,
    PixelMoments,
    PrincipalComponents,
    Projections,
    ScoreStatistic,
    Transformed,
    TwoSided,
    named_score,
    ranks,
)
from oodflow.scores.density_of_scores import MIXTURE
from oodflow.scores.projections import kolmogorov_smirnov
from oodflow.scores.shrunk_normal import shrunk_normal
from oodflow.statistics import (
    BatchNormLogProb,
    CompressedBits,
    Embedding,
    Latents,
    LogDet,
    LogProb,
    LogProbZ,
    NoisyLogProb,
    Observation,
    Pixels,
    TransformedLogProb,
    deal,
)
from oodflow.statistics import GradientNorms as Norms
from oodflow.statistics import LatentNormality as Normality
from oodflow.statistics import PixelMoments as Moments
from oodflow.testing.observations import example, example_data, example_flow


def known(**statistics):
    """Observe images of which these statistics are known."""
    kinds = {
        "log_prob": LogProb(), "bits": CompressedBits(), "log_prob_z": LogProbZ(), "log_det": LogDet(),
        "tests": Normality(), "pixels": Pixels(), "moments": Moments(),
    }  # fmt: skip
    count = len(next(iter(statistics.values())))
    images = ImageSet.from_array(np.zeros((count, 1, 8, 8), np.uint8))
    return Observation(None, images, known={kinds[name]: values for name, values in statistics.items()})


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_ranks_go_on_beyond_the_reference_without_ties(rng):
    reference = np.sort(rng.normal(size=40))
    values = np.sort(rng.normal(0, 5, 500))
    found = ranks(values, reference)
    inside = values <= reference[-1]
    assert found[inside] == pytest.approx(1 - conformal_p_values(reference, values[inside]))
    assert (np.diff(found[~inside]) > 0).all()
    assert (found[~inside] > found[inside].max()).all()
    assert found.max() < 1


@pytest.mark.parametrize("by", ["fisher", "stouffer", "harmonic"])
def test_combined_p_values_are_those_of_scipy(by, rng):
    reference = {"log_prob": rng.normal(size=30), "bits": rng.normal(size=30)}
    test = {"log_prob": rng.normal(size=9), "bits": rng.normal(size=9)}
    values = Combined(of="likelihood+compressed-size", by=by).fit(known(**reference)).score(known(**test))
    p = np.stack([[(1 + sum(-reference[name] >= -one)) / 31 for one in test[name]] for name in test])
    if by == "harmonic":
        expected = -np.log(stats.hmean(p))
    else:
        shift = 0.5 / 31 if by == "stouffer" else 0
        expected = [stats.combine_pvalues(pair - shift, by).statistic for pair in p.T]
    assert values == pytest.approx(expected)


def test_what_parts_learn_and_what_is_learned_of_them_are_other_images():
    log_prob = np.array([-10.0, 0.0, -14.0, -4.0])
    fitted = Combined(of="typicality").fit(known(log_prob=log_prob))
    assert fitted.learned["0.entropy"] == 12.0  # of the first and the third
    assert fitted.learned["sorted.0"].tolist() == [8.0, 12.0]
    assert Combined(of="likelihood").fit(known(log_prob=log_prob)).learned["sorted.0"].tolist() == [0.0, 4, 10, 14]


@pytest.mark.parametrize("model", ["kernels", "mixture", "svm"])
def test_densities_of_scores_are_those_of_scikit_learn(model, rng):
    reference = {"log_prob_z": rng.normal(50, 3, 80), "log_det": rng.normal(-7, 0.1, 80)}
    test = {"log_prob_z": rng.normal(50, 6, 9), "log_det": rng.normal(-7, 0.2, 9)}
    score = DensityOfScores(of="latent-likelihood+log-determinant", model=model)
    values = score.fit(known(**reference)).score(known(**test))
    fit, new = (-np.stack([*one.values()], 1) for one in (reference, test))
    fit, new = (fit - fit.mean(0)) / fit.std(0), (new - fit.mean(0)) / fit.std(0)
    if model == "kernels":
        kernels = [KernelDensity(bandwidth=80**-0.2).fit(column[:, None]) for column in fit.T]
        pairs = zip(kernels, new.T, strict=True)
        expected = -sum(kernel.score_samples(column[:, None]) for kernel, column in pairs)
    elif model == "mixture":
        expected = -GaussianMixture(MIXTURE, reg_covar=1e-3, random_state=0).fit(fit).score_samples(new)
    else:
        expected = -OneClassSVM(nu=0.05, gamma=0.5).fit(fit).decision_function(new)
    assert values == pytest.approx(expected)


def test_a_constant_score_has_no_density():
    with pytest.raises(UsageError, match="all 20 images of the reference have the same likelihood: leave it out"):
        DensityOfScores(of="likelihood").fit(known(log_prob=np.ones(20)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("combined?of=likelihood+typicality?group=3", "judges groups"),
        ("combined?of=likelihood+combined", "is made of other scores itself"),
        ("combined?of=likelyhood", "did you mean 'likelihood'"),
        ("density-of-scores?model=forest", "model: it should be 'kernels', 'mixture' or 'svm'"),
    ],
)
def test_what_can_not_be_combined(text, why):
    with pytest.raises(UsageError, match=why):
        named_score(text)


def test_names_of_combinations():
    score = Combined(of=(LatentLikelihood(scale=2), PrincipalComponents(components=7)), by="harmonic")
    assert score.name == "combined?of=latent-likelihood?scale=2+principal-components?components=7&by=harmonic"
    assert named_score(score.name) == score
    assert Combined().name == "combined"
    assert DensityOfScores().name == "density-of-scores"


def test_latent_likelihood_by_scale():
    test = example("test")
    by_scale = test[LogProbZ(by_scale=True)]
    assert LatentLikelihood().score(test) == pytest.approx(-by_scale.sum(1), rel=1e-5)
    for scale, column in ((1, 0), (2, 1), (-1, 1), (-2, 0)):
        assert (LatentLikelihood(scale=scale).score(test) == -by_scale[:, column]).all()
    for scale in 0, 3, -3:
        reason = LatentLikelihood(scale=scale).why_not(test.model, test.data)
        assert reason == f"the flow has 2 scales, and scale is {scale}: count from 1, or from −1 for the last"


def test_of_a_reference_that_is_all_alike_what_lies_beyond_is_all_the_way_out():
    assert ranks(np.array([1.0, 2.0, 2.1, 1e6]), np.array([2.0, 2.0])).tolist() == [0, 0, 1, 1]


def test_latent_normality_is_the_larger_of_two_ranks():
    fitted = LatentNormality().fit(known(tests=np.array([[1.0, 9.0], [2.0, 7.0], [3.0, 8.0]])))
    assert fitted.score(known(tests=np.array([[2.0, 6.0], [0.0, 8.5]]))) == pytest.approx([0.25, 0.5])


def test_brightness_and_contrast_by_their_mahalanobis_distance(rng):
    reference, test = rng.normal([90, 40], [20, 9], (200, 2)), rng.normal([90, 40], 30, (9, 2))
    values = PixelMoments().fit(known(moments=reference)).score(known(moments=test))
    precision = np.linalg.inv(np.cov(reference.T, ddof=0) + 1e-4 * np.eye(2))
    assert values == pytest.approx([mahalanobis(one, reference.mean(0), precision) ** 2 / 2 for one in test])


def test_images_of_one_brightness_have_a_finite_distance():
    fitted = PixelMoments().fit(known(moments=np.full((5, 2), 7.0)))
    assert np.isfinite(fitted.score(known(moments=np.array([[7.0, 7.0], [200.0, 0.0]])))).all()


def test_principal_components_differ_by_what_probabilistic_pca_says(rng):
    x = rng.normal(size=(300, 64)) @ rng.normal(size=(64, 64)) * 20
    reference, test = x[:280].astype(np.float32), x[280:].astype(np.float32)
    values = PrincipalComponents(components=10).fit(known(pixels=reference)).score(known(pixels=test))
    log_density = PCA(10).fit(reference.astype(float)).score_samples(test.astype(float))
    assert np.diff(values) == pytest.approx(-np.diff(log_density), rel=1e-6)


def test_principal_components_of_images_that_are_all_alike_are_finite():
    fitted = PrincipalComponents().fit(known(pixels=np.full((9, 64), 3, np.float32)))
    near, far = fitted.score(known(pixels=np.stack([np.full(64, 3), np.full(64, 4)]).astype(np.float32)))
    assert 0 <= near < far < np.inf


@pytest.fixture
def encoder(tmp_path):
    """Files that are there: of embeddings that are known no model is asked."""
    for name in ("config.json", "preprocessor_config.json", "model.safetensors"):
        (tmp_path / name).touch()
    return str(tmp_path)


def of_embeddings(score, reference, test):
    """Fit to embeddings, and score others."""
    statistic = Embedding(encoder=score.encoder)
    return fitted_values(score, {statistic: reference}, {statistic: test})


@pytest.mark.parametrize("dims", [5, 60])
def test_embeddings_by_their_mahalanobis_distance(dims, encoder, rng):
    x = (rng.normal(size=(349, dims)) @ rng.normal(size=(dims, dims)) + 3).astype(np.float32)
    unit = normalize(x.astype(float))
    fitted = LedoitWolf().fit(unit[:40])
    values = of_embeddings(EmbeddingMahalanobis(encoder=encoder), x[:40], x[40:])
    assert values == pytest.approx(fitted.mahalanobis(unit[40:]) / 2)


def test_embeddings_by_their_neighbours(encoder, rng):
    x = rng.normal(0.5, 1, size=(359, 12)).astype(np.float32)
    x /= 10 ** rng.uniform(-2, 2, (359, 1)).astype(np.float32)  # their lengths say nothing
    unit = normalize(x.astype(float))
    distances, _ = NearestNeighbors(n_neighbors=7).fit(unit[:50]).kneighbors(unit[50:])
    assert of_embeddings(EmbeddingNeighbours(encoder=encoder, k=7), x[:50], x[50:]) == pytest.approx(distances[:, -1])


def test_embeddings_by_a_mixture(encoder, rng):
    x = (rng.normal(size=(300, 4)) + 3 * rng.integers(0, 2, (300, 1))).astype(np.float32)
    one = of_embeddings(EmbeddingMixture(encoder=encoder, components=1, floor=1e-9), x[:40], x[40:])
    distance = of_embeddings(EmbeddingMahalanobis(encoder=encoder), x[:40], x[40:])
    assert np.corrcoef(one, distance)[0, 1] > 0.99, "a single one, but for the shrinkage, is the Mahalanobis distance"
    unit = normalize(x.astype(float))
    white = (unit - unit[:40].mean(0)) @ shrunk_normal(unit[:40])[1]
    fitted = GaussianMixture(3, covariance_type="diag", reg_covar=0.1, random_state=0).fit(white[:40])
    expected = -fitted.score_samples(white[40:]) - 2 * np.log(2 * np.pi)
    assert of_embeddings(EmbeddingMixture(encoder=encoder, components=3), x[:40], x[40:]) == pytest.approx(expected)


def test_vectors_need_no_encoder(encoder, rng):
    x = rng.normal(size=(70, 6)).astype(np.float32)
    for kind in (EmbeddingMahalanobis, EmbeddingMixture, EmbeddingNeighbours):
        own = fitted_values(kind(), {Pixels(): x[:40]}, {Pixels(): x[40:]})
        assert (own == of_embeddings(kind(encoder=encoder), x[:40], x[40:])).all()
        assert kind().why_not(None, RealSet.from_array(x)) is None
        images = ImageSet.from_array(np.zeros((3, 1, 8, 8), np.uint8), "images")
        expected = f"images holds images, and takes a model that makes vectors of them: {kind().kind}?encoder=FOLDER"
        assert kind().why_not(None, images) == expected


@pytest.mark.parametrize("kind", [EmbeddingMahalanobis, EmbeddingMixture, EmbeddingNeighbours])
@pytest.mark.parametrize("value", [0, 2])
def test_embeddings_that_are_all_alike_are_finite(kind, value, encoder, rng):
    same = np.full((12, 6), value, np.float32)
    alike, other = of_embeddings(kind(encoder=encoder), same, np.stack([same[0], rng.random(6, np.float32)]))
    assert -np.inf < alike <= other < np.inf


def test_too_few_embeddings(encoder):
    few = np.ones((1, 6), np.float32)
    with pytest.raises(UsageError, match="one image has no covariance of its embedding: fit on more"):
        of_embeddings(EmbeddingMahalanobis(encoder=encoder), few, few)
    with pytest.raises(UsageError, match="components is 3 and the reference has 1 images: take fewer components, or"):
        of_embeddings(EmbeddingMixture(encoder=encoder, components=3), few, few)
    with pytest.raises(UsageError, match="k is 2 and the reference has 1 images: take a smaller k, or fit on more"):
        of_embeddings(EmbeddingNeighbours(encoder=encoder, k=2), few, few)


def test_embeddings_in_a_combination(encoder, rng):
    score = named_score(f"combined?of=likelihood+embedding-neighbours?encoder={encoder},k=3")
    statistic = Embedding(encoder=encoder)
    seen = {LogProb(): rng.normal(size=40), statistic: rng.normal(size=(40, 6)).astype(np.float32)}
    assert score.reads() == (LogProb(), statistic)
    assert np.isfinite(score.values(seen, score.learn(seen))).all()


def at_angles(*degrees):
    """Make embeddings of several lengths."""
    radians = np.radians(degrees)
    lengths = np.arange(1, len(radians) + 1)
    return (lengths * [np.cos(radians), np.sin(radians)]).T.astype(np.float32)


def perturbed_likelihoods(score, reference, test, log_probs):
    """Fit to embeddings, and score others with given log-probabilities ``[N, 1 + K]``."""
    embedding, noisy = score.reads()
    return fitted_values(score, {embedding: reference}, {embedding: test, noisy: np.array(log_probs)})


def test_noise_by_the_distance_of_embeddings(encoder):
    score = PerturbedLikelihood(encoder=encoder, k=1, levels=2, reach=2)
    apart = 1 - np.cos(np.radians([10, 10, 20, 30]))  # of each from the nearest other
    median, spread = np.median(apart), apart.std()
    beyond = [-9, 0, 0.5, 1, 1.5, 2, 9]  # spreads beyond the median, of which two take the largest noise
    angles = np.degrees(np.arccos(np.minimum(1, 1 - median - np.array(beyond) * spread)))
    log_probs = np.array([[-100.0, -300.0, -900.0]]) + np.arange(7)[:, None]
    found = perturbed_likelihoods(score, at_angles(0, 10, 30, 60), at_angles(*-angles), log_probs)
    assert found + np.arange(7) == pytest.approx([100, 100, 200, 300, 600, 900, 900], abs=1e-3)


def test_log_probabilities_between_sizes_of_noise_are_linear_in_the_logarithm_of_the_size(encoder, rng):
    score = PerturbedLikelihood(encoder=encoder, k=3, levels=4, smallest=2, largest=30, reach=4)
    assert score.reads() == (Embedding(encoder=encoder), NoisyLogProb(levels=4, smallest=2, largest=30))
    x = rng.normal(0.7, 1, size=(340, 6)).astype(np.float32)
    log_probs = -np.sort(rng.uniform(100, 900, (300, 5)))
    found = perturbed_likelihoods(score, x[:40], x[40:], log_probs)
    neighbours = NearestNeighbors(metric="cosine").fit(x[:40].astype(float))
    held_out = neighbours.kneighbors(n_neighbors=3)[0][:, -1]  # of no image itself
    distances = neighbours.kneighbors(x[40:].astype(float), 3)[0][:, -1]
    places = 4 * np.clip((distances - np.median(held_out)) / (4 * held_out.std()), 0, 1)
    assert (places == 0).sum() > 50
    assert ((places > 0) & (places < 1)).sum() > 50
    assert (places > 1).sum() > 20
    logarithms = np.log([2, 2 * 15 ** (1 / 3), 2 * 15 ** (2 / 3), 30])
    for place, row, value in zip(places, log_probs, found, strict=True):
        size = 2 * place if place < 1 else 2 * 15 ** ((place - 1) / 3)
        between = np.interp(size, [0, 2], row[:2]) if size < 2 else np.interp(np.log(size), logarithms, row[1:])
        assert value == pytest.approx(-between)


def test_a_single_size_of_noise(encoder):
    score = PerturbedLikelihood(encoder=encoder, k=1, levels=1)
    found = perturbed_likelihoods(score, at_angles(0, 10, 30, 60), at_angles(0, 180), [[-5.0, -7.0]] * 2)
    assert found.tolist() == [5, 7]


def test_embeddings_of_a_bank_that_are_all_alike_give_noise_to_what_differs(encoder):
    score, same = PerturbedLikelihood(encoder=encoder, k=2, levels=1), np.full((9, 2), 0.3, np.float32)
    alike, other = perturbed_likelihoods(score, same, np.array([[3, 3], [3, 4]]), [[-5.0, -7.0]] * 2)
    assert (alike, other) == (pytest.approx(5, abs=1e-3), 7)


def test_banks_and_noise_that_can_not_be(encoder):
    score = PerturbedLikelihood(encoder=encoder, k=3)
    with pytest.raises(UsageError, match="k is 3 and the reference has 3 images, of which each has one neighbour less"):
        perturbed_likelihoods(score, at_angles(0, 1, 2), at_angles(0), np.zeros((1, 8)))
    with pytest.raises(UsageError, match=r"does not fit largest: expected no less than smallest, which is 9\.0 "):
        named_score(f"perturbed-likelihood?encoder={encoder}&smallest=9&largest=8")


def test_other_flows_are_asked_about_the_same_dequantised_images(tmp_path):
    test = example("test", seed=3, draws=2)
    flows = []
    for place in range(2):
        other = example_flow("grey").config.build((1, 12, 8))
        images = torch.from_numpy(example_data("train", "grey").batch(slice(None)))
        other.initialise(images, noise=torch.rand(images.shape, generator=torch.Generator().manual_seed(place)))
        save_flow(tmp_path / f"{place}.safetensors", other)
        flows.append(other.eval())
    each = [test[LogProb()], *(Observation(flow, test.data, seed=3, draws=2)[LogProb()] for flow in flows)]
    files = [str(tmp_path / f"{place}.safetensors") for place in range(2)]
    assert LikelihoodRatio(background=files[0]).score(test) == pytest.approx(each[1] - each[0], abs=1e-3)
    expected = np.var(each, axis=0, ddof=1) - np.mean(each, axis=0)
    assert WAIC(others="+".join(files)).score(test) == pytest.approx(expected, abs=1e-2)


def test_another_flow_that_does_not_fit(tmp_path):
    with pytest.raises(OodflowError, match="there is no flow in nowhere: name the folder of a run"):
        LikelihoodRatio(background="nowhere").reads()
    save_flow(tmp_path / "weights.safetensors", example_flow("colour"))
    test = example("test")
    reason = LikelihoodRatio(background=str(tmp_path)).why_not(test.model, test.data)
    assert reason == f"the flow in {tmp_path} is over images (3, 8, 4), and test has (1, 12, 8)"
    with pytest.raises(ValidationError, match=r"a name between the \+ is missing"):
        WAIC(others="a++b")


def fitted_values(score, reference, test):
    """Fit and score with given statistics, whatever their shapes."""
    return score.values(test, score.learn(reference))


def test_norms_of_gradients_by_their_normal_distributions(rng):
    reference, test = rng.normal([3, -5, 0], [2, 0.5, 0], (50, 3)), rng.normal([3, -5, 1], 2, (9, 3))
    values = fitted_values(GradientNorms(), {Norms(): reference}, {Norms(): test})
    columns = zip(test.T[:2], reference.T[:2], strict=True)  # the third is constant
    expected = sum(-stats.norm(one.mean(), one.std()).logpdf(new) - np.log(one.std()) for new, one in columns)
    assert values == pytest.approx(expected - np.log(2 * np.pi))


def test_the_score_statistic_is_relative_to_the_usual_gradient(rng):
    reference, test = rng.normal(size=(50, 3)), rng.normal(size=(9, 3))
    values = fitted_values(ScoreStatistic(), {Norms(): reference}, {Norms(): test})
    assert values == pytest.approx(np.log((np.exp(test) / np.exp(reference).mean(0)).mean(1)))


def test_transformed_images_are_compared_with_the_image():
    def seen(log_prob, turned):
        return {LogProb(): np.array(log_prob), TransformedLogProb(): np.array(turned)}

    learned = Transformed().learn(seen([-10.0, -11, -13], [[-8.0, -12], [-10, -14], [-12, -13]]))
    assert (learned["median"], learned["deviation"], learned["range"]) == (-11, 1, 3)
    new = seen([-10.0, -14, -16], [[-9.0, -14], [-14, -15], [-16, -16]])
    assert Transformed().values(new, learned).tolist() == [-3.0, -1.0, 6.0]  # the last is two deviations beyond three


@pytest.mark.parametrize("dims", [4, 60])
def test_the_covariance_of_latents_beside_dense_matrices(dims, rng):
    z = (rng.normal(size=(3, 12, dims)) @ rng.normal(size=(dims, dims)) + 0.3).astype(np.float32)
    divergence, correlation = (
        LatentCovariance(group=12, by=by).values({Latents(): z}, {}) for by in ("divergence", "correlation")
    )
    for group, kl, tc in zip(z.astype(float), divergence, correlation, strict=True):
        mean, covariance = group.mean(0), LedoitWolf().fit(group).covariance_
        log_det = np.linalg.slogdet(covariance)[1]
        assert kl == pytest.approx((np.trace(covariance) + mean @ mean - dims - log_det) / 2, rel=1e-6)
        assert tc == pytest.approx((np.log(np.diag(covariance)).sum() - log_det) / 2, rel=1e-6)


def test_distances_of_distributions_are_those_of_scipy(rng):
    for draw in (lambda *size: rng.normal(size=size), lambda *size: rng.integers(0, 5, size).astype(float)):
        groups, reference = draw(6, 10), np.sort(draw(40))
        expected = [stats.ks_2samp(group, reference).statistic for group in groups]
        assert kolmogorov_smirnov(groups, reference) == pytest.approx(expected)


def test_projections_are_the_mean_distance_over_directions(rng):
    reference, groups = rng.normal(size=(40, 5)).astype(np.float32), rng.normal(size=(3, 10, 5)).astype(np.float32)
    learned = Projections().learn({Latents(): reference})
    assert np.linalg.norm(learned["directions"], axis=0) == pytest.approx(1)
    expected = [
        np.mean([stats.ks_2samp(group @ w, reference @ w).statistic for w in learned["directions"].T])
        for group in groups
    ]
    assert Projections().values({Latents(): groups}, learned) == pytest.approx(expected)


def test_two_sided_ranks_grow_away_from_the_middle():
    fitted = TwoSided(of="likelihood").fit(known(log_prob=-np.arange(1.0, 10.0)))
    values = fitted.score(known(log_prob=-np.array([5.0, 2.5, 7.5, 0.0, -50.0, 10.0, 60.0])))
    assert values[0] < values[1] == pytest.approx(values[2])
    assert values[2] < values[3] < values[4] < 1
    assert values[3:5] == pytest.approx(values[5:])
    assert values[:3] == pytest.approx([-0.2, 0.4, 0.4])  # 2 max(F, 1 - F) - 1, with F = 0.4 on either side first


def brighter(images, by):
    """The same noise, moved up as a whole."""
    return ImageSet.from_array(images.batch(slice(None)) + np.uint8(by), images.name)


@pytest.mark.parametrize("score", [BatchNorm(group=8), BatchNorm(group=1, share=0.5)], ids=lambda score: score.name)
def test_batch_norms_that_see_the_images_asked_about_tell_that_their_mean_has_shifted(score):
    flow, test = example_flow("colour"), example_data("test", "colour")
    usual, shifted = (score.score(Observation(flow, images)) for images in (test, brighter(test, 90)))
    assert len(usual) == len(test) // score.group
    assert shifted.min() > usual.max()


def test_the_batch_norm_test_reads_groups_dealt_as_those_of_other_scores_are():
    test = example("test", "colour", seed=3)
    found = BatchNorm(group=5).score(test)
    assert found == pytest.approx(-test[BatchNormLogProb(group=5)])
    flow, images = copy.deepcopy(example_flow("colour")).train(), test.data.batch(slice(None))
    for value, rows in zip(found, deal(len(test), 5, seed=3), strict=True):
        noise = torch.from_numpy(image_noise(images[rows], seed=3))
        log_prob = flow.log_prob(torch.from_numpy(images[rows]), noise=noise)
        assert value == pytest.approx(-log_prob.mean().item(), rel=1e-4)


@pytest.mark.parametrize("group", [1, 5])
def test_the_fall_is_that_from_eval_mode(group):
    test = example("test", "colour")
    found = BatchNorm(group=group, share=0.7, of="fall").score(test)
    usual = test[LogProb()].reshape(-1, 1) if group == 1 else test[LogProb()][deal(len(test), group, seed=0)]
    assert found == pytest.approx(usual.mean(1) - test[BatchNormLogProb(group=group, share=0.7)])


def test_the_batch_norm_test_takes_batch_norm():
    test = example("test", "grey")
    assert "whose st-networks have batch norm, and this one has none" in BatchNorm().why_not(test.model, test.data)
    with pytest.raises(UsageError, match=r"batch-norm\?share=0.* does not fit share"):
        named_score("batch-norm?share=0")
