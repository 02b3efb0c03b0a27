"""Flows without couplings: the order of their pixels, and where they begin."""

import torch

from oodflow.bijections import Logit
from oodflow.flows import AutoregressiveConfig, LocalConfig, TarFlowConfig, dequantise
from oodflow.testing.modules import randomise


def images_and_noise(shape, n=3):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, *shape), dtype=torch.uint8, generator=generator)
    return images, torch.rand(images.shape, generator=generator)


def changed_latents(flow, pixel):
    """Which latents another value of a pixel changes."""
    images, noise = images_and_noise(flow.shape)
    others = images.clone()
    others[pixel] = 255 - others[pixel]
    before, after = (flow.encode(x, noise=noise)[0] for x in (images, others))
    return (before != after).any(0)


def test_the_autoregressive_flow_goes_pixel_by_pixel():
    flow = randomise(AutoregressiveConfig(width=4, blocks=1).build((1, 4, 4)).double(), 0).eval()
    changed = changed_latents(flow, (..., 2, 1))
    assert not changed[:9].any()
    assert changed[9]
    assert changed[10:].any()


def test_the_local_flow_sees_its_view_and_no_farther():
    config = LocalConfig(view=2, width=4, blocks=3)
    flow = randomise(config.build((1, 9, 9)).double(), 0).eval()
    changed = changed_latents(flow, (..., 4, 4)).reshape(9, 9)
    expected = torch.zeros(9, 9, dtype=torch.bool)
    expected[4, 4:7] = True  # itself, and two to its right
    expected[5:7, 2:7] = True
    assert (changed == expected).all()


def test_the_transformer_flow_goes_there_and_back():
    """Of two patches: after one layer and its flip the second says nothing of the first, after two each of both."""
    for blocks, told_by_second in ((1, [True, False]), (2, [True, True])):
        config = TarFlowConfig(squeezes=1, blocks=blocks, width=4, layers=1, heads=1)
        flow = randomise(config.build((1, 2, 4)).double(), 0).eval()
        by_first, by_second = (
            changed_latents(flow, (..., 0, column)).reshape(4, 2).any(0).tolist() for column in (0, 2)
        )
        assert by_first == [True, True]
        assert by_second == told_by_second


def test_the_transformer_flow_begins_as_the_logit():
    flow = TarFlowConfig(width=8).build((3, 8, 8)).double().eval()
    images, noise = images_and_noise((3, 8, 8))
    z, log_det = flow.encode(images, noise=noise)
    expected, expected_log_det = Logit()(dequantise(images, noise.double()))
    assert torch.allclose(log_det, expected_log_det, rtol=0, atol=1e-9)
    assert torch.allclose(z.sort(1).values, expected.flatten(1).sort(1).values, rtol=0, atol=1e-12)
