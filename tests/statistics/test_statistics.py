"""The statistics, against the flow itself and against each other."""

import warnings

import numpy as np
import pytest
import torch
from scipy import stats

from oodflow.bijections import Chain, Conv1x1, Logit, MultiScale, Squeeze
from oodflow.data import ImageSet, RealSet
from oodflow.errors import UsageError
from oodflow.flows import Flow, GlowConfig, Images, RealNVPConfig, TabularConfig, image_noise
from oodflow.statistics import (
    CompressedBits,
    GradientNorms,
    LatentNeighbours,
    LatentNormality,
    Latents,
    LogDet,
    LogProb,
    LogProbZ,
    Observation,
    PixelMoments,
    Pixels,
    Store,
    TransformedLogProb,
)
from oodflow.statistics.compression import COMPRESSORS, USUAL, compressed_bits
from oodflow.statistics.latent_normality import spectrum_variation
from oodflow.statistics.transformed_log_prob import moved
from oodflow.testing.modules import randomise
from oodflow.testing.observations import example, example_data
from oodflow.training import seeded


def built(config, shape):
    with seeded(0):
        return randomise(config.build(shape), seed=0).eval().double()


FLOWS = {
    "three scales": (GlowConfig(scales=3, steps=1, width=4), (1, 8, 8)),
    "two scales": (RealNVPConfig(scales=2, width=4), (3, 4, 6)),
    "vectors": (TabularConfig(couplings=2, width=8), (5,)),
}


def data_of(shape):
    rng = np.random.default_rng(0)
    if len(shape) == 1:
        return RealSet.from_array(rng.normal(size=(9, *shape)))
    return ImageSet.from_array(rng.integers(0, 256, (9, *shape), dtype=np.uint8))


@pytest.fixture(params=FLOWS)
def case(request):
    config, shape = FLOWS[request.param]
    flow, data = built(config, shape), data_of(shape)
    x = data.batch(slice(None))
    noise = torch.from_numpy(image_noise(x, 4)).double() if len(shape) == 3 else None
    return Observation(flow, data, seed=4), flow.terms(torch.from_numpy(x), noise=noise)


def test_parts_of_a_log_probability(case):
    seen, terms = case
    for statistic, expected in [
        (LogProb(), terms.log_prob), (LogProbZ(), terms.log_prob_z), (LogDet(), terms.log_det), (Latents(), terms.z),
    ]:  # fmt: skip
        np.testing.assert_allclose(seen[statistic], expected.detach().numpy(), rtol=1e-12, err_msg=statistic.kind)
    parts = seen[LogProbZ()] + seen[LogDet()] + torch.as_tensor(terms.constant, dtype=torch.float64).numpy()
    np.testing.assert_allclose(parts, seen[LogProb()], rtol=1e-12)


def test_scales_sum_up_and_are_those_of_the_flow(case):
    seen, _ = case
    each = seen[LogProbZ(by_scale=True)]
    sizes = {64: [32, 16, 16], 72: [36, 36], 5: [5]}[seen.model.dims]  # after each squeeze half of what is left leaves
    np.testing.assert_allclose(each.sum(1), seen[LogProbZ()], rtol=1e-12)
    parts = np.split(-0.5 * (seen[Latents()] ** 2 + np.log(2 * np.pi)), np.cumsum(sizes)[:-1], axis=1)
    np.testing.assert_allclose(each, np.stack([part.sum(1) for part in parts], 1), rtol=1e-12)


def test_latents_of_any_composition_have_parts():
    inner = MultiScale((1, 4, 4), [Chain([Logit(), Squeeze()]), Conv1x1(2)])
    assert inner.latent_shapes((1, 4, 4)) == [(2, 2, 2), (2, 2, 2)]
    assert Chain([Squeeze(), Conv1x1(4)]).latent_shapes((1, 4, 4)) == [(4, 2, 2)]
    assert Chain([]).latent_shapes((3,)) == [(3,)]
    flow = Flow(Images((1, 4, 4)), Chain([inner]))
    assert flow.bijection.latent_shapes(flow.shape) == [(2, 2, 2), (2, 2, 2)]


@pytest.mark.parametrize("codec", COMPRESSORS)
def test_codecs(codec):
    data = data_of((3, 4, 6))
    sizes = Observation(None, data)[CompressedBits(codec=codec)]
    np.testing.assert_array_equal(sizes, compressed_bits(data.batch(slice(None)), [codec]))
    if codec in USUAL:
        assert (Observation(None, data)[CompressedBits()] <= sizes).all()


def test_a_codec_that_is_not_installed_is_refused(monkeypatch):
    monkeypatch.setattr("PIL.features.check", lambda feature: False)
    assert CompressedBits().why_not(None, data_of((1, 8, 8))) is None
    reason = CompressedBits(codec="jpeg2000").why_not(None, data_of((1, 8, 8)))
    assert reason == "this Pillow has no jpeg2000: install one that has, or take codec=smallest"


def test_other_densities_are_asked_what_they_can_tell():
    data = data_of((5,))
    normal = torch.distributions.MultivariateNormal(torch.zeros(5).double(), torch.eye(5).double())
    x = data.batch(slice(None))
    expected = -0.5 * (x**2).sum(1) - 2.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(Observation(normal, data)[LogProb()], expected)
    with pytest.raises(
        UsageError, match="log_det can't be computed: it takes a flow, and a MultivariateNormal is none"
    ):
        Observation(normal, data)[LogDet()]
    with pytest.raises(UsageError, match=r"compressed_bits can't .* it is for 8-bit images, which array does not hold"):
        Observation(normal, data)[CompressedBits()]
    with pytest.raises(
        UsageError, match=r"log_prob can't be computed: it takes something with log_prob\(x\), .*nothing"
    ):
        Observation(None, data)[LogProb()]
    elementwise = torch.distributions.Normal(torch.zeros(5).double(), 1.0)
    with pytest.raises(
        UsageError, match=r"log_prob of a Normal gives \[9, 5\] for 9 rows of shape \[5\]: expected \[9\]"
    ):
        Observation(elementwise, data)[LogProb()]


def test_gradients_can_be_taken_of_the_model_that_a_batch_has():
    class GradientNorm(LogProb):
        def compute(self, batch):
            values = batch.model.log_prob(batch.x, noise=batch.noise)
            (gradient, *_) = torch.autograd.grad(values.sum(), list(batch.model.parameters()))
            return np.full(len(batch), gradient.norm().item())

    flow = built(RealNVPConfig(scales=2, width=4), (1, 4, 4)).train()
    norms = Observation(flow, data_of((1, 4, 4)))[GradientNorm()]
    assert (norms > 0).all()
    assert flow.training
    assert all(parameter.grad is None for parameter in flow.parameters())


def test_latent_normality_is_scipys():
    test = example("test")
    found, z = test[LatentNormality()], test[Latents()].astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the critical values, which are not asked for
        expected = [stats.anderson(one, "norm").statistic for one in z]
    assert found[:, 0] == pytest.approx(expected, rel=1e-6)
    power = np.abs(np.fft.fft(z)[:, 1 : z.shape[1] // 2 + 1]) ** 2
    assert found[:, 1] == pytest.approx(power.std(1) / power.mean(1), rel=1e-6)


def test_white_noise_has_a_flat_spectrum_and_stripes_do_not():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(20, 1000))
    assert spectrum_variation(noise).mean() == pytest.approx(1, abs=0.05)
    assert spectrum_variation(noise + np.sin(np.arange(1000))).min() > 5


def test_neighbouring_latents():
    test = example("test")
    z = test[Latents()].astype(float)
    z -= z.mean(1, keepdims=True)
    shapes = test.model.bijection.latent_shapes(test.model.shape)
    for one, found in zip(z, test[LatentNeighbours()], strict=True):
        products, start = [], 0
        for shape in shapes:
            part = one[start : start + np.prod(shape)].reshape(shape)
            start += part.size
            for c, h, w in np.ndindex(part.shape):
                below, beside = part[c, h + 1 : h + 2, w], part[c, h, w + 1 : w + 2]  # empty at the edge
                products += [*(part[c, h, w] * below), *(part[c, h, w] * beside)]
        assert found == pytest.approx(np.mean(products) / one.var(), abs=1e-6)


def test_pixels_and_their_moments_need_no_flow_and_no_store(tmp_path):
    data = example_data("test", "colour")
    seen = Observation(None, data, store=Store(tmp_path / "store", "none"))
    assert (seen[Pixels()] == data.batch(slice(None)).reshape(len(data), -1)).all()
    assert not (tmp_path / "store").exists()
    flat = data.batch(slice(None)).reshape(len(data), -1)
    assert seen[PixelMoments()] == pytest.approx(np.stack([flat.mean(1), flat.std(1)], 1))


@pytest.mark.parametrize("name", FLOWS)
def test_norms_of_gradients_are_autograds(name):
    flow = built(*FLOWS[name])
    data = data_of(flow.shape)
    found = Observation(flow, data, batch_size=3)[GradientNorms()]
    assert found.shape == (len(data), len([*flow.parameters()]))
    for index in 0, 4:
        x = torch.from_numpy(data.batch(slice(index, index + 1)))
        noise = torch.from_numpy(image_noise(x.numpy(), 0)) if x.dtype == torch.uint8 else None
        gradients = torch.autograd.grad(flow.log_prob(x, noise=noise).sum(), [*flow.parameters()])
        expected = [np.log(max(float(one.square().sum()), 1e-30)) for one in gradients]
        assert found[index] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("move", "shape", "ways"), [
    ("stirring", (1, 8, 8), 7), ("stirring", (3, 4, 6), 3), ("shaking", (1, 8, 8), 9),
])  # fmt: skip
def test_moved_images_have_the_same_pixels_in_other_places(move, shape, ways):
    images = np.random.default_rng(0).permutation(4 * np.prod(shape)).astype(np.uint8).reshape(4, *shape)
    found = moved(images, move)
    assert len(found) == ways
    everything = np.stack([images, *found])
    assert len(np.unique(everything.reshape(ways + 1, -1), axis=0)) == ways + 1
    assert (np.sort(everything.reshape(ways + 1, 4, -1)) == np.sort(images.reshape(4, -1))).all()
    if move == "shaking":
        halves = [slice(0, shape[1] // 2), slice(shape[1] // 2, None)]
        for one in found:
            assert all((one[..., h, w] != images[..., h, w]).any() for h in halves for w in halves)


def test_transformed_log_prob_is_that_of_the_transformed_images():
    flow = built(*FLOWS["two scales"])
    data = data_of(flow.shape)
    for move in "stirring", "shaking":
        found = Observation(flow, data, seed=5)[TransformedLogProb(move=move)]
        for column, images in zip(found.T, moved(data.batch(slice(None)), move), strict=True):
            assert column == pytest.approx(Observation(flow, ImageSet.from_array(images), seed=5)[LogProb()], rel=1e-6)


def test_odd_images_can_not_be_shaken():
    data = ImageSet.from_array(np.zeros((2, 1, 7, 8), np.uint8))
    flow = RealNVPConfig(scales=1, width=4).build((1, 7, 8))
    assert TransformedLogProb(move="shaking").why_not(flow, data) == (
        "shaking cuts images into halves, and array has 7x8 pixels"
    )
