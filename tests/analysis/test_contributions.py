"""The parts of a likelihood sum up to it, over scales and over pixels."""

import numpy as np
import pytest
import torch

from oodflow.analysis import Walk, contribution_maps, contributions
from oodflow.analysis.contributions import log_det_shares
from oodflow.analysis.walk import Place, Visit
from oodflow.bijections import BIJECTIONS, ActNorm, Coupling, Logit
from oodflow.flows import image_noise
from oodflow.testing.modules import randomise

from .flows import CONFIGS, images_of, moving


def log_prob(flow, images):
    with torch.no_grad():
        return flow.log_prob(torch.from_numpy(images), noise=torch.from_numpy(image_noise(images, 2))).numpy()


@pytest.mark.parametrize("name", CONFIGS)
def test_the_parts_sum_up_to_the_log_probability(name):
    flow = moving(name)
    images = images_of(flow.shape, 5)
    parts = contributions(flow, images, seed=2, batch_size=2)
    np.testing.assert_allclose(parts.log_prob, log_prob(flow, images), rtol=1e-9)
    np.testing.assert_allclose(sum(parts.named().values()), parts.log_prob, rtol=1e-12)
    assert parts.prior.shape == parts.log_det.shape == (5, int(Walk(flow).scales.max()) + 1)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_entrance_is_the_logit_and_the_eight_bits_wherever_the_logit_stands(name):
    flow = moving(name)
    images = images_of(flow.shape)
    values = (torch.from_numpy(images).double() + torch.from_numpy(image_noise(images, 0))) / 256
    _, log_det = Logit(0.05)(values)
    expected = log_det.numpy() + flow.domain.constant
    np.testing.assert_allclose(contributions(flow, images).entrance, expected, rtol=1e-9)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_maps_sum_up_to_the_log_probability(name):
    flow = moving(name)
    images = images_of(flow.shape)
    prior, log_det = contribution_maps(flow, images, seed=2)
    assert prior.shape == log_det.shape == images.shape
    total = (prior + log_det).sum((1, 2, 3)) + flow.domain.constant
    np.testing.assert_allclose(total, log_prob(flow, images), rtol=1e-9)


def test_each_scale_has_the_prior_of_what_leaves_there():
    flow = moving("realnvp, 4 scales, colour")
    images = images_of(flow.shape)
    parts = contributions(flow, images)
    z, _ = flow.encode(torch.from_numpy(images), noise=torch.from_numpy(image_noise(images, 0)))
    pieces = flow.bijection.layers[1].unflatten(z)
    expected = [(-0.5 * (piece**2 + np.log(2 * np.pi))).flatten(1).sum(1) for piece in pieces]
    np.testing.assert_allclose(parts.prior, torch.stack(expected, 1).detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("name", BIJECTIONS)
def test_shares_of_a_layer_sum_up_to_its_log_determinant(name):
    shape = (4, 4, 6)
    layer = randomise(BIJECTIONS[name](shape).double(), 0).eval()
    x = 0.05 + 0.9 * torch.rand(3, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    visit = Visit(Place(layer, 0, torch.arange(x[0].numel())), x, *layer(x))
    shares = log_det_shares(visit).detach()
    torch.testing.assert_close(shares.sum(1), visit.log_det.detach(), rtol=1e-9, atol=1e-9)
    if isinstance(layer, Coupling | ActNorm | Logit):  # its Jacobian is triangular, so the diagonal is all
        jacobian = torch.func.jacrev(lambda one: layer(one[None])[0][0].flatten())(x[0]).reshape(x[0].numel(), -1)
        torch.testing.assert_close(shares[0], jacobian.diagonal().abs().log().detach(), rtol=1e-9, atol=1e-9)
