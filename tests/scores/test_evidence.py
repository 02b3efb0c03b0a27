import copy

import numpy as np
import pytest
import torch
from torch import nn

from oodflow.data import ImageSet
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import GlowConfig, Images, RealNVPConfig, image_noise
from oodflow.nets import ResNetConfig
from oodflow.scores import Evidence, observe
from oodflow.testing.modules import randomise
from oodflow.training import seeded


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return ImageSet.from_array(rng.integers(0, 256, (7, 1, 8, 8), dtype=np.uint8), name="noise")


@pytest.fixture(scope="module")
def flow():
    torch.manual_seed(0)
    return RealNVPConfig(scales=2, width=4).build((1, 8, 8)).train()


class Transparent(nn.Module):
    """A flow whose log-probability is a sum over the dequantised pixels, so that a test can work it out."""

    shape, domain = (1, 8, 8), Images((1, 8, 8))
    device, dtype = torch.device("cpu"), torch.float64

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.05, dtype=torch.float64))
        self.part = nn.Dropout()
        self.part.eval()  # a part in another mode than the whole

    def log_prob(self, x, *, noise):
        assert not self.training
        assert torch.is_inference_mode_enabled()
        return -self.scale * (x + noise).flatten(1).sum(1)


def test_equals_the_flow_called_directly(flow, images):
    flow = copy.deepcopy(flow).double()  # in float32, folding its norms rounds differently
    noise = torch.from_numpy(image_noise(images.batch(slice(None)), seed=4)).double()
    with torch.no_grad():
        expected = flow.eval().log_prob(torch.from_numpy(images.batch(slice(None))), noise=noise)
    np.testing.assert_allclose(observe(flow, images, seed=4).log_prob, expected.numpy(), rtol=1e-12)


def test_draws_are_averaged_in_probability_space(images):
    batch = images.batch(slice(None)).astype(np.float64)
    each = [-0.05 * (batch + image_noise(images.batch(slice(None)), 3, k)).sum((1, 2, 3)) for k in range(3)]
    offset = np.max(each)
    expected = offset + np.log(np.mean(np.exp(np.array(each) - offset), axis=0))
    evidence = observe(Transparent(), images, seed=3, draws=3)
    np.testing.assert_allclose(evidence.log_prob, expected, rtol=1e-12)
    assert (evidence.seed, evidence.draws, evidence.dims) == (3, 3, 64)
    assert evidence.log_prob.dtype == np.float64


def test_does_not_depend_on_batches_or_order(images):
    whole = observe(Transparent(), images).log_prob
    for batch_size in (1, 3, 100):
        np.testing.assert_array_equal(observe(Transparent(), images, batch_size=batch_size).log_prob, whole)
    backwards = ImageSet.from_array(images.batch(slice(None, None, -1)))
    np.testing.assert_array_equal(observe(Transparent(), backwards).log_prob, whole[::-1])


def test_the_seed_decides(images):
    first, second = (observe(Transparent(), images, seed=seed).log_prob for seed in (0, 1))
    assert (first != second).all()


def test_leaves_every_part_of_the_flow_in_its_mode(images):
    flow = Transparent().train()
    flow.part.eval()
    observe(flow, images)
    assert flow.training
    assert not flow.part.training


def test_restores_the_mode_when_the_flow_fails(images):
    flow = Transparent()
    flow.log_prob = lambda x, noise: 1 / 0
    with pytest.raises(ZeroDivisionError):
        observe(flow, images)
    assert flow.training


def test_reports_progress(images):
    seen = []
    observe(Transparent(), images, batch_size=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 7), (6, 7), (7, 7)]


def test_another_shape_names_both_sides_and_the_remedy(flow):
    colour = ImageSet.from_array(np.zeros((2, 3, 32, 32), np.uint8), name="svhn")
    with pytest.raises(UsageError, match=r"svhn .* 3x32x32 .* 1x8x8: write svhn\?shape=1x8x8"):
        observe(flow, colour)


@pytest.mark.parametrize("argument", ["draws", "batch_size"])
def test_counts_must_be_positive(flow, images, argument):
    with pytest.raises(UsageError, match=f"{argument} is 0"):
        observe(flow, images, **{argument: 0})


def test_a_broken_flow_is_reported_with_count_and_first_index(images):
    class Broken(Transparent):
        def log_prob(self, x, *, noise):
            return super().log_prob(x, noise=noise) / torch.tensor([1.0, 1, 1, 0, 1, 0, 1])

    with pytest.raises(OodflowError, match=r"2 of 7 images of noise .*index 3 \(-inf\)"):
        observe(Broken(), images)


def test_one_failed_draw_out_of_several_is_still_reported(images):
    flow = Transparent()
    flow.log_prob = lambda x, noise: torch.where(noise[:, 0, 0, 0] > 0.9, torch.nan, 0.0)
    with pytest.raises(OodflowError, match="infinite or NaN"):
        observe(flow, images, draws=50)


@pytest.mark.parametrize("log_prob", [np.zeros(3), np.zeros((7, 1)), np.zeros(7, np.float32)], ids=str)
def test_evidence_needs_one_float64_per_image(images, log_prob):
    with pytest.raises(UsageError, match=r"log_prob of noise is .*expected float64 \[7\]"):
        Evidence(images, log_prob, seed=0, draws=1)


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (RealNVPConfig(scales=2, width=8, net=ResNetConfig(blocks=1)), (1, 28, 28)),
        (GlowConfig(scales=3, steps=2, width=8), (3, 32, 32)),
    ],
    ids=["realnvp", "glow"],
)
def test_batch_order_and_neighbours_change_a_float32_score_by_rounding_only(config, shape):
    with seeded(0):
        flow = randomise(config.build(shape), seed=0)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, *shape), dtype=np.uint8)
    expected = observe(flow, ImageSet.from_array(images), batch_size=24).log_prob
    order = rng.permutation(24)
    shuffled = observe(flow, ImageSet.from_array(images[order]), batch_size=24).log_prob
    among_others = observe(flow, ImageSet.from_array(np.concatenate([255 - images, images]))).log_prob[24:]
    for other in (observe(flow, ImageSet.from_array(images), batch_size=7).log_prob, among_others):
        np.testing.assert_allclose(other, expected, rtol=0, atol=1e-2)
    np.testing.assert_allclose(shuffled, expected[order], rtol=0, atol=1e-2)
    assert np.ptp(expected) > 1
