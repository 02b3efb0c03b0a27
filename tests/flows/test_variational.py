"""Variational dequantisation, and what importance sampling makes of any dequantisation."""

import numpy as np
import pytest
import torch

from oodflow.bijections import Chain, Logit, MultiScale, reversible
from oodflow.data import ImageSet
from oodflow.errors import UsageError
from oodflow.flows import Flow, Images, RealNVPConfig, UniformConfig, VariationalConfig, image_noise
from oodflow.nets import ConvNetConfig
from oodflow.recipes import RECIPES
from oodflow.runs import override
from oodflow.runs.naming import name_of
from oodflow.statistics import LogProb, Observation
from oodflow.testing import check_dequantisation
from oodflow.testing.modules import randomise
from oodflow.training import seeded
from oodflow.transformers import TRANSFORMERS

LAST = 1 - 2.0**-24  # the last float32 below 1
SMALL = {"kind": "variational", "width": 4}


def images_of(shape, n=5, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def built(shape, **settings):
    with seeded(0):
        return VariationalConfig(**{"width": 4, **settings}).build(shape)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(1, 6, 4), (3, 4, 4)])
def test_begins_as_the_uniform_one_to_the_last_digit(shape, dtype):
    images = images_of(shape, n=9)
    noise = torch.from_numpy(image_noise(images, 0)).to(dtype)
    noise[0], noise[1] = 0, LAST
    u, log_q = built(shape).to(dtype)(torch.from_numpy(images), noise)
    assert torch.equal(u, noise)
    assert torch.equal(log_q, torch.zeros(len(images), dtype=dtype))


@pytest.mark.parametrize("transformer", [name for name in TRANSFORMERS if name != "affine"])
def test_keeps_the_contract_with_any_transformer(transformer):
    check_dequantisation(VariationalConfig(width=2, couplings=2, transformer=transformer))


def test_each_half_sees_the_image_and_the_other_half():
    dequantisation = randomise(built((1, 4, 4), couplings=2).double(), 0)
    images, noise = torch.from_numpy(images_of((1, 4, 4), n=1)), torch.rand(1, 1, 4, 4).double()
    u = dequantisation(images, noise)[0]
    assert (dequantisation(255 - images, noise)[0] != u).all()
    for half in (slice(0, None, 2), slice(1, None, 2)):  # rows of one half lie between those of the other
        moved = noise.clone()
        moved[:, :, half] = 1 - moved[:, :, half]
        assert (dequantisation(images, moved)[0] != u).all()


@pytest.mark.parametrize("shift", [-40.0, 40.0])
def test_stays_in_the_cell_however_far_the_noise_is_carried(shift):
    dequantisation = built((1, 4, 4))
    for coupling in dequantisation.couplings:
        torch.nn.init.constant_(coupling.net.layers[-1].bias, shift)
    images = torch.from_numpy(images_of((1, 4, 4)))
    noise = torch.rand(images.shape)
    noise[0], noise[1] = 0, LAST
    u, log_q = dequantisation(images, noise)
    assert 0 <= u.min() <= u.max() < 1
    assert log_q.isfinite().all()
    assert log_q.min() > 10  # it is far from uniform


def test_images_of_odd_sides_are_refused():
    with pytest.raises(UsageError, match=r"even H and W but got \[1, 8, 7\]"):
        VariationalConfig().build((1, 8, 7))


def small_flow(dequantisation):
    """A small RealNVP off its initial values, in float64."""
    with seeded(0):
        config = RealNVPConfig(
            width=4, net=ConvNetConfig(), domain={"kind": "images", "dequantisation": dequantisation}
        )
        return randomise(config.build((1, 8, 8)).double(), 0).eval()


def test_gradients_are_the_same_when_nothing_is_stored():
    flow, images = small_flow(SMALL), torch.from_numpy(images_of((1, 8, 8)))
    found = []
    for enabled in (False, True):
        with reversible(enabled):
            flow.zero_grad()
            flow.log_prob(images, seed=1).sum().backward()
        found.append([parameter.grad.clone() for parameter in flow.parameters()])
    for stored, computed in zip(*found, strict=True):
        assert torch.allclose(stored, computed, rtol=1e-7, atol=1e-7)


def test_it_is_chosen_on_the_command_line_and_has_a_name():
    run = RECIPES["fashion-mnist-realnvp"]("cpu")
    chosen = override(run, ["flow.domain.dequantisation=variational", "flow.domain.dequantisation.width=8"])
    assert chosen.flow.domain.dequantisation == VariationalConfig(width=8)
    assert name_of(chosen) == "RealNVP with convnets and actnorm, variational dequantisation, fashion_mnist"


def one_by_one(dequantisation):
    """Four pixels, each by itself under a logit and a normal: far from flat where they are black or white."""
    layers = MultiScale((1, 2, 2), [Chain([Logit(0.005)])])
    return Flow(Images((1, 2, 2), dequantisation=dequantisation.build((1, 2, 2))), layers).double()


def exactly(images):
    """The log-probability under that flow: of each pixel's cell a difference of distribution functions."""
    edges = (torch.from_numpy(images).double().flatten(1) + torch.tensor([0.0, 1.0])[:, None, None]) / 256
    low, high = torch.special.ndtr(torch.logit(0.005 + 0.99 * edges))
    return (high - low).log().sum(1).numpy()


DARK_OR_LIGHT = np.random.default_rng(0).choice(np.array([0, 1, 2, 254, 255], np.uint8), (32, 1, 2, 2))


def test_it_is_trained_to_tighten_the_bound_to_the_probability():
    with seeded(0):
        flow = one_by_one(VariationalConfig(width=8))
    images = np.array([0, 255], np.uint8).repeat(128).reshape(64, 1, 2, 2)
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(flow.parameters(), 1e-2)
    gaps = []
    for _ in range(60):
        log_prob = flow.log_prob(torch.from_numpy(images), seed=generator)
        gaps.append((exactly(images) - log_prob.detach().numpy()).mean())
        optimiser.zero_grad()
        (-log_prob.mean()).backward()
        optimiser.step()
    assert 0 < np.mean(gaps[-10:]) < np.mean(gaps[:10]) / 4


@pytest.mark.parametrize("dequantisation", [UniformConfig(), VariationalConfig(width=4)], ids=lambda one: one.kind)
def test_importance_sampling_comes_to_the_probability(dequantisation):
    with seeded(0):
        flow = randomise(one_by_one(dequantisation), 1)
    data, exact = ImageSet.from_array(DARK_OR_LIGHT), exactly(DARK_OR_LIGHT)
    one, few, many = (float(np.mean(exact - Observation(flow, data, draws=k)[LogProb()])) for k in (1, 8, 64))
    assert one > 0.3
    assert few > 0.05
    assert abs(many) < 0.05


@pytest.mark.parametrize("dequantisation", ["uniform", SMALL], ids=["uniform", "variational"])
def test_importance_sampling_is_above_the_bound_of_the_same_draws(dequantisation):
    flow, data = small_flow(dequantisation), ImageSet.from_array(images_of((1, 8, 8), n=12))
    seen = Observation(flow, data, draws=8, seed=3)
    sampled, bound = seen[LogProb()], seen[LogProb(bound=True)]
    each = [flow.log_prob(data.batch(slice(None)), noise=image_noise(data.batch(slice(None)), 3, k)) for k in range(8)]
    assert (sampled > bound).all()
    np.testing.assert_allclose(bound, np.mean(each, 0), rtol=1e-9)
    np.testing.assert_allclose(sampled, torch.logsumexp(torch.tensor(np.array(each)), 0) - np.log(8), rtol=1e-9)
    few = Observation(flow, data, draws=8, seed=3, batch_size=5)
    np.testing.assert_allclose(few[LogProb()], sampled, rtol=1e-9)


def test_a_single_draw_is_the_bound():
    seen = Observation(small_flow("uniform"), ImageSet.from_array(images_of((1, 8, 8))))
    np.testing.assert_array_equal(seen[LogProb()], seen[LogProb(bound=True)])
