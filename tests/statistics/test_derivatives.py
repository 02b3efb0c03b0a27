"""Derivatives by the data, beside those that autograd takes the plain way, one image at a time."""

import numpy as np
import pytest
import torch
from torch.autograd.functional import hessian, jacobian

from oodflow.bijections import Logit
from oodflow.data import ImageSet, RealSet
from oodflow.flows import (
    AutoregressiveConfig,
    DiagonalNormalConfig,
    Flow,
    GlowConfig,
    RealNVPConfig,
    TabularConfig,
    TarFlowConfig,
    image_generators,
    image_noise,
)
from oodflow.statistics import Curvature, DecoderSpectrum, InputGradients, LogDet, Observation, curvature
from oodflow.statistics.perturbation import reflected
from oodflow.testing.modules import randomise
from oodflow.training import seeded
from oodflow.transformers import SplineConfig

FLOWS = {
    "scales": (GlowConfig(scales=2, steps=1, width=4), (1, 4, 4)),
    "splines": (RealNVPConfig(scales=1, width=4, transformer=SplineConfig(bins=4)), (1, 2, 4)),
    "mixtures": (AutoregressiveConfig(width=4, blocks=1), (1, 2, 3)),
    "attention": (TarFlowConfig(squeezes=1, blocks=1, width=4, layers=1), (1, 2, 6)),
    "vectors": (TabularConfig(couplings=2, width=8, prior=DiagonalNormalConfig(), domain="reals"), (5,)),
}


@pytest.fixture(scope="module", params=FLOWS)
def case(request):
    """A flow that was left in training mode, and data."""
    config, shape = FLOWS[request.param]
    with seeded(0):
        flow = randomise(config.build(shape), seed=0).double().train()
    rng = np.random.default_rng(0)
    if len(shape) == 1:
        return flow, RealSet.from_array(rng.normal(size=(3, *shape)))
    return flow, ImageSet.from_array(rng.integers(0, 256, (3, *shape), dtype=np.uint8))


def plain(flow, data, index):
    """Of one image: the place that the bijection takes it at, and the log-probability as a function of the place."""
    x = torch.from_numpy(data.batch(slice(index, index + 1)))
    if not flow.domain.is_images:
        return x[0], lambda place: flow.log_prob(place[None])[0]
    noise = torch.from_numpy(image_noise(x.numpy(), 4)).double()

    def log_prob(place):
        z, log_det = flow.bijection(place[None].to(flow.dtype))
        return (flow.prior.log_prob(z) + log_det)[0] + flow.domain.constant

    return (x + noise)[0] / 256, log_prob


def drawn(data, purpose):
    return list(image_generators(data.batch(slice(None)), 4, 0, purpose))


def norm_of_gradient(log_prob, place):
    return float(jacobian(log_prob, place).norm())


def test_curvature_is_autograds(case):
    flow, data = case
    found = Observation(flow, data, seed=4, batch_size=2)[Curvature(probes=3)]
    flow.eval()
    for index, generator in enumerate(drawn(data, "signs")):
        place, log_prob = plain(flow, data, index)
        whole = hessian(log_prob, place).reshape(flow.dims, flow.dims).numpy()
        probes = 2 * generator.integers(0, 2, (3, flow.dims)) - 1
        expected = np.mean([probe @ whole @ probe for probe in probes])
        assert found[index] == pytest.approx([2 * np.log(norm_of_gradient(log_prob, place)), expected], rel=1e-6)
        steps = [1e-7 * torch.from_numpy(probe).reshape(place.shape) for probe in probes]
        changes = [jacobian(log_prob, place + step) - jacobian(log_prob, place - step) for step in steps]
        differences = [float((step * change).sum()) / 2e-14 for step, change in zip(steps, changes, strict=True)]
        assert np.mean(differences) == pytest.approx(expected, rel=1e-5)  # and what autograd finds is the curvature


def test_the_trace_is_that_of_the_hessian_on_average():
    with seeded(0):
        flow = randomise(TabularConfig(couplings=2, width=8, domain="reals").build((3,)), seed=1).double().eval()
    data = RealSet.from_array(np.random.default_rng(1).normal(size=(1, 3)))
    place, log_prob = plain(flow, data, 0)
    whole = hessian(log_prob, place).numpy()
    off = whole - np.diag(np.diag(whole))
    error = np.sqrt(2 * (off**2).sum() / 500)
    assert error > 0
    assert abs(Observation(flow, data)[Curvature(probes=500)][0, 1] - np.trace(whole)) < 4 * error


def test_gradients_around_an_image_are_autograds(case):
    flow, data = case
    statistic = InputGradients(levels=3, smallest=2, largest=50)
    found = Observation(flow, data, seed=4)[statistic]
    assert found.shape == (3, 3)
    flow.eval()
    for index, generator in enumerate(drawn(data, "normals")):
        place, log_prob = plain(flow, data, index)
        noise = torch.from_numpy(generator.standard_normal((3, *flow.shape)))
        for level, sigma in enumerate((2 / 256, 10 / 256, 50 / 256)):
            moved = place + sigma * noise[level]
            if flow.domain.is_images:
                moved = torch.where(moved < 0, -moved, torch.where(moved > 1, 2 - moved, moved))
            assert found[index, level] == pytest.approx(np.log(norm_of_gradient(log_prob, moved)), rel=1e-6)


def test_pixels_are_reflected_exactly_where_they_need_not_be():
    inside = torch.tensor([0.0, 2.0**-30, 0.3, 1 - 2.0**-24])
    assert torch.equal(reflected(inside), inside)
    assert torch.equal(reflected(-inside), inside)
    for value, expected in ((1.125, 0.875), (-1.75, 0.25), (2.5, 0.5), (-3.25, 0.75), (7.0, 1.0)):
        assert float(reflected(torch.tensor(value))) == expected
    far = reflected(torch.randn(1, 500, generator=torch.Generator().manual_seed(0)))
    assert torch.isfinite(Logit(0.05)(far)[0]).all()


def test_the_spectrum_is_that_of_the_decoder(case):
    flow, data = case
    observed = Observation(flow, data, seed=4)
    found, log_det = observed[DecoderSpectrum()], observed[LogDet()]
    flow.eval()
    for index in range(len(data)):
        place, _ = plain(flow, data, index)
        z = flow.bijection(place[None])[0].detach()
        decoder = jacobian(lambda z: flow.bijection.inverse(z)[0].flatten(), z).reshape(flow.dims, flow.dims)
        expected = np.log(np.linalg.svd(decoder.numpy(), compute_uv=False))
        assert found[index] == pytest.approx(expected, abs=1e-4)  # the inverse of some is found step by step
        assert (np.diff(found[index]) <= 0).all()
    assert -found.astype(float).sum(1) == pytest.approx(log_det, rel=1e-5, abs=1e-4)


def test_the_spectrum_of_a_flow_in_single_precision_is_about_the_same(case):
    flow, data = case
    precise = Observation(flow, data, seed=4)[DecoderSpectrum()]
    rounded = Observation(flow.float(), data, seed=4)[DecoderSpectrum()]
    flow.double()
    assert rounded == pytest.approx(precise, abs=1e-3)


def test_images_are_taken_some_at_a_time(case, monkeypatch):
    flow, data = case
    together = Observation(flow, data)[Curvature()]
    monkeypatch.setattr(curvature, "AT_ONCE", 2)
    assert Observation(flow, data)[Curvature()] == pytest.approx(together, rel=1e-9)


@pytest.mark.parametrize("statistic", [Curvature(), InputGradients(levels=2), DecoderSpectrum()])
def test_the_flow_is_left_as_it_was(statistic, case):
    flow, data = case
    flow.train()
    Observation(flow, data)[statistic]
    assert flow.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in flow.parameters())


@pytest.mark.parametrize("statistic", [Curvature(), InputGradients(), DecoderSpectrum()])
def test_other_densities_have_none(statistic):
    normal = torch.distributions.MultivariateNormal(torch.zeros(5), torch.eye(5))
    reason = statistic.why_not(normal, RealSet.from_array(np.zeros((2, 5))))
    assert reason == "it takes a flow, and a MultivariateNormal is none"
    assert not isinstance(normal, Flow)
