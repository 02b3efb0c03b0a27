"""Log-probabilities of noisy images, beside those of the flow's own parts at the noisy values."""

import numpy as np
import pytest
import torch

from oodflow.data import ImageSet, RealSet
from oodflow.flows import (
    DiagonalNormalConfig,
    GlowConfig,
    ImagesConfig,
    RealNVPConfig,
    TabularConfig,
    VariationalConfig,
    image_generators,
    image_noise,
)
from oodflow.nets import ResNetConfig
from oodflow.statistics import LogProb, NoisyLogProb, Observation
from oodflow.testing.modules import randomise
from oodflow.training import seeded

FLOWS = {
    "scales": (GlowConfig(scales=2, steps=1, width=4), (1, 4, 8)),
    "norms": (RealNVPConfig(scales=1, width=4, net=ResNetConfig(blocks=1)), (3, 2, 4)),
    "variational": (
        GlowConfig(scales=1, steps=1, width=4, domain=ImagesConfig(dequantisation=VariationalConfig())), (1, 4, 8),
    ),
    "vectors": (TabularConfig(couplings=2, width=8, prior=DiagonalNormalConfig()), (5,)),
}  # fmt: skip
LADDER = NoisyLogProb(levels=3, smallest=2, largest=128)


@pytest.fixture(scope="module", params=FLOWS)
def case(request):
    """A flow in float64 that was left in training mode, and data."""
    config, shape = FLOWS[request.param]
    with seeded(0):
        flow = randomise(config.build(shape), seed=0).double().train()
    rng = np.random.default_rng(0)
    if len(shape) == 1:
        return flow, RealSet.from_array(rng.normal(size=(5, *shape)))
    return flow, ImageSet.from_array(rng.integers(0, 256, (5, *shape), dtype=np.uint8))


def plain(flow, data, seed, draw):
    """Of one size after the other, by the flow's parts."""
    images, x = data.batch(slice(None)), torch.from_numpy(data.batch(slice(None)))
    dequantising = torch.from_numpy(image_noise(images, seed, draw)) if flow.domain.is_images else None
    v, constant = flow.domain.enter(x, dequantising, seed, torch.float64)
    normals = [one.standard_normal(flow.shape) for one in image_generators(images, seed, draw, "perturbation")]
    for grey_levels in (0, 2, 16, 128):
        moved = v + grey_levels / 256 * torch.from_numpy(np.stack(normals))
        while flow.domain.is_images and ((moved < 0) | (moved > 1)).any():
            moved = torch.where(moved < 0, -moved, torch.where(moved > 1, 2 - moved, moved))
        z, log_det = flow.bijection(moved)
        yield flow.prior.log_prob(z) + log_det + constant


def test_they_are_those_of_the_flow_at_the_noisy_values(case):
    flow, data = case
    found = Observation(flow, data, seed=4, draws=2, batch_size=2)[LADDER]
    assert flow.training
    flow.eval()
    with torch.no_grad():
        each = [torch.stack([*plain(flow, data, 4, draw)], 1).numpy() for draw in range(2)]
    flow.train()
    assert found == pytest.approx((each[0] + each[1]) / 2, rel=1e-9)
    assert not np.allclose(each[0][:, 3], each[1][:, 3], rtol=1e-3)


def test_without_noise_or_with_next_to_none_it_is_the_log_probability(case):
    flow, data = case
    observed = Observation(flow, data, seed=4)
    found = observed[NoisyLogProb(levels=2, smallest=1e-9, largest=1e-8)]
    assert found[:, 0].tolist() == observed[LogProb()].tolist()
    assert found == pytest.approx(np.repeat(observed[LogProb()][:, None], 3, 1), rel=1e-6)


def test_sizes_are_spread_geometrically_in_grey_levels():
    assert LADDER.sigmas * 256 == pytest.approx([2, 16, 128])
    assert NoisyLogProb().sigmas * 256 == pytest.approx([1, 2, 4, 8, 16, 32, 64])
    assert NoisyLogProb(levels=1, smallest=3).sigmas * 256 == pytest.approx([3])


def test_other_densities_have_none():
    normal = torch.distributions.MultivariateNormal(torch.zeros(5), torch.eye(5))
    reason = LADDER.why_not(normal, RealSet.from_array(np.zeros((2, 5))))
    assert reason == "it takes a flow, and a MultivariateNormal is none"
