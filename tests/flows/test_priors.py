"""Every registered prior keeps the contract; the learned one is torch's, is trained, saved, and analysed."""

import math

import numpy as np
import pytest
import torch

from oodflow import analysis
from oodflow.bijections import Chain, Logit, MultiScale
from oodflow.data import ImageSet, TrainingBatches
from oodflow.errors import UsageError
from oodflow.flows import (
    PRIORS,
    DiagonalNormal,
    DiagonalNormalConfig,
    Flow,
    GlowConfig,
    Images,
    PriorConfig,
    RealNVPConfig,
    StandardNormal,
    load_flow,
)
from oodflow.nets import ConvNetConfig
from oodflow.testing import check_flow, check_prior
from oodflow.testing.modules import randomise
from oodflow.training import TrainingConfig, TrainState, seeded, train


@pytest.mark.parametrize("name", PRIORS)
def test_prior_keeps_the_contract(name):
    check_prior(PRIORS[name]())


@pytest.mark.parametrize("name", PRIORS)
def test_a_flow_with_any_prior_keeps_the_contract(name):
    torch.manual_seed(0)
    check_flow(GlowConfig(steps=1, width=2, net=ConvNetConfig(), prior=PRIORS[name]()), shapes=((1, 4, 4),))


def broken(method, change):
    """A config of a diagonal normal one of whose methods is bent."""

    class Bent(DiagonalNormal):
        pass

    setattr(
        Bent, method, lambda self, *args, **options: change(getattr(DiagonalNormal, method)(self, *args, **options))
    )

    class BentConfig(DiagonalNormalConfig):
        def build(self, dims):
            return Bent(dims)

    return BentConfig()


@pytest.mark.parametrize(
    ("method", "change", "message"),
    [
        ("log_prob_each", lambda each: each + 0.01, "densities integrate to"),
        ("log_prob", lambda log_prob: log_prob + 0.01, "not the sum"),
        ("sample", lambda samples: samples * 1.2, "are not from the prior"),
        ("sample", lambda samples: samples + 0.2, "are not from the prior|not the density's mode"),
        ("sample", lambda samples: samples.flip(0), "first of many samples"),
    ],
)
def test_the_contract_notices(method, change, message):
    with pytest.raises(AssertionError, match=message):
        check_prior(broken(method, change))


def test_the_contract_notices_a_gradient_that_is_not_that_of_the_density():
    class Half(DiagonalNormal):
        def log_prob_each(self, z):
            standard = (z - self.mean) * (-self.log_scale).exp()
            return -standard.square() / 2 - self.log_scale.detach() - math.log(2 * math.pi) / 2

    class HalfConfig(DiagonalNormalConfig):
        def build(self, dims):
            return Half(dims)

    with pytest.raises(AssertionError, match="moving a parameter would change its integral"):
        check_prior(HalfConfig())


def test_the_learned_normal_is_that_of_torch():
    prior = randomise(DiagonalNormal(6).double(), 0)
    z = torch.randn(5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    theirs = torch.distributions.Normal(prior.mean, prior.log_scale.exp())
    assert torch.allclose(prior.log_prob_each(z), theirs.log_prob(z))
    assert torch.allclose(prior.log_prob(z), theirs.log_prob(z).sum(1))
    # d/dz log p = -(z - mean) / variance, by autograd
    z.requires_grad_()
    (slope,) = torch.autograd.grad(prior.log_prob(z).sum(), z)
    assert torch.allclose(slope, -(z - prior.mean) / (2 * prior.log_scale).exp())


def test_before_training_it_is_the_standard_normal():
    z = torch.randn(5, 6, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(DiagonalNormal(6).log_prob(z), StandardNormal(6).log_prob(z))
    assert torch.equal(DiagonalNormal(6).sample(4, seed=2), StandardNormal(6).sample(4, seed=2))


def trained(prior):
    """A small flow after some steps, and the images it was trained on."""
    images = ImageSet.from_array(np.random.default_rng(0).integers(90, 130, (32, 1, 8, 8), dtype=np.uint8))
    training = TrainingConfig(steps=30, batch_size=16, lr=1e-2)
    config = RealNVPConfig(scales=2, width=4, net=ConvNetConfig(), prior=PRIORS[prior]())
    with seeded(0):
        state = TrainState.start(config.build(images.shape), training)
    train(state, TrainingBatches(images, 16, 0), training)
    return state.flow.eval(), images.batch(slice(None))


def test_it_is_trained_saved_and_loaded(tmp_path):
    flow, images = trained("diagonal-normal")
    assert flow.prior.mean.abs().max() > 0.05
    assert flow.prior.log_scale.abs().max() > 0.05
    flow.save(tmp_path / "flow.safetensors")
    loaded = load_flow(tmp_path / "flow.safetensors")
    assert isinstance(loaded.prior, DiagonalNormal)
    assert np.array_equal(loaded.log_prob(images), flow.log_prob(images))
    assert torch.equal(loaded.sample(4), flow.sample(4))
    z, _ = flow.encode(images)
    assert np.array_equal(flow.decode(z), images)
    assert flow.log_prob(images).mean() > trained("standard-normal")[0].log_prob(images).mean()


def test_contributions_are_those_of_the_flows_own_prior():
    with seeded(0):
        flow = RealNVPConfig(scales=2, width=4, net=ConvNetConfig(), prior=DiagonalNormalConfig()).build((1, 8, 8))
    flow = randomise(flow.double(), 0).eval()
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 8, 8), dtype=np.uint8)
    with torch.no_grad():
        terms = flow.terms(torch.from_numpy(images))
    parts = analysis.contributions(flow, images)
    np.testing.assert_allclose(parts.prior.sum(1), terms.log_prob_z, rtol=1e-9)
    np.testing.assert_allclose(parts.log_prob, terms.log_prob, rtol=1e-9)
    prior, log_det = analysis.contribution_maps(flow, images)
    total = (prior + log_det).sum((1, 2, 3)) - flow.dims * math.log(256)
    np.testing.assert_allclose(total, terms.log_prob, rtol=1e-9)


def test_resampling_draws_from_the_flows_own_prior():
    """Far-off means bring far-off pixels."""
    images = np.full((2, 1, 4, 4), 128, dtype=np.uint8)
    flow = Flow(Images((1, 4, 4)), MultiScale((1, 4, 4), [Chain([Logit()])]), prior=DiagonalNormal(16))
    with torch.no_grad():
        flow.prior.mean += 2.5
        flow.prior.log_scale -= 5
    square = analysis.centre_square(4, 4, side=2)
    assert (analysis.resample(flow, images, square)[:, :, square] > 220).all()


def test_titles_and_old_configurations():
    assert GlowConfig(prior=DiagonalNormalConfig()).title == "Glow with a diagonal-normal prior"
    old = {name: value for name, value in GlowConfig().model_dump().items() if name not in ("prior", "domain")}
    assert GlowConfig.model_validate(old) == GlowConfig()
    assert isinstance(GlowConfig(prior="diagonal-normal").prior, DiagonalNormalConfig)


def test_a_prior_of_another_length_is_refused():
    with pytest.raises(UsageError, match=r"prior is for latents \[3\] but the flow's are \[16\]"):
        Flow(Images((1, 4, 4)), MultiScale((1, 4, 4), [Chain([Logit()])]), prior=StandardNormal(3))


def test_a_prior_from_outside_is_used_by_name():
    class Wide(PriorConfig):
        kind: str = "wide"

        def build(self, dims):
            prior = DiagonalNormal(dims)
            torch.nn.init.constant_(prior.log_scale, 1.0)
            return prior

    with PRIORS.replacing("wide", Wide):
        flow = GlowConfig(steps=1, width=2, prior="wide").build((1, 4, 4))
    assert flow.prior.log_scale.mean() == 1
