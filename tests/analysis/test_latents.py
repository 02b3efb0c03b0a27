"""Latents as images, their mean over dequantisations, and the two modes of batch norm."""

import copy

import numpy as np
import pytest
import torch

from oodflow.analysis import correlation, edge_map, latents
from oodflow.analysis.walk import BATCH, encode
from oodflow.errors import UsageError
from oodflow.flows import RealNVPConfig
from oodflow.nets import ConvNetConfig, ResNetConfig, has_batch_norm

from .flows import images_of, moving


def test_the_mean_over_draws_is_the_mean_of_the_draws():
    flow = moving("realnvp, 2 scales")
    images = images_of(flow.shape)
    draws = [encode(flow, images, seed=3, draw=draw)[0] for draw in range(5)]
    expected = torch.stack(draws).mean(0).sort(1).values.numpy()
    found = np.sort(latents(flow, images, draws=5, seed=3).reshape(len(images), -1), axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_train_mode_normalises_with_the_batch_and_leaves_the_flow_as_it_was():
    torch.manual_seed(0)
    flow = RealNVPConfig(scales=2, width=4, net=ResNetConfig(blocks=1)).build((1, 8, 8)).double().eval()
    images = images_of(flow.shape, 8)
    state = copy.deepcopy(flow.state_dict())
    found = latents(flow, images, batch_norm="train")
    assert not flow.training
    assert all(torch.equal(tensor, state[name]) for name, tensor in flow.state_dict().items())
    z, _ = encode(copy.deepcopy(flow).train(), images)
    np.testing.assert_allclose(np.sort(found.reshape(8, -1), 1), z.sort(1).values.numpy(), rtol=0, atol=1e-9)
    assert np.abs(found - latents(flow, images)).max() > 0.01


def test_a_flow_in_training_is_seen_in_eval_mode():
    flow = moving("realnvp, 2 scales")
    images = images_of(flow.shape)
    np.testing.assert_array_equal(latents(copy.deepcopy(flow).train(), images), latents(flow, images))


def test_train_mode_needs_a_batch_norm():
    flow = RealNVPConfig(scales=1, width=2, net=ConvNetConfig()).build((1, 8, 8))
    assert not has_batch_norm(flow)
    with pytest.raises(UsageError, match="this flow has no batch norm, so there is no train mode to show"):
        latents(flow, images_of(flow.shape), batch_norm="train")


def test_more_images_than_a_batch_are_the_same_images():
    flow = moving("realnvp, 2 scales")
    images = images_of(flow.shape, BATCH + 3)
    found = latents(flow, images, draws=2)
    np.testing.assert_allclose(found[-2:], latents(flow, images[-2:], draws=2), rtol=0, atol=1e-9)
    assert len(found) == BATCH + 3


def test_bad_arguments():
    flow = RealNVPConfig(scales=1, width=2, net=ConvNetConfig()).build((1, 8, 8))
    with pytest.raises(UsageError, match="draws is 0: expected a positive number"):
        latents(flow, images_of(flow.shape), draws=0)
    with pytest.raises(UsageError, match=r"x must be uint8 images \[B, 1, 8, 8\]"):
        latents(flow, images_of((1, 8, 4)))


def test_edges_are_gradients():
    ramp = np.broadcast_to(np.arange(0, 160, 20, dtype=np.uint8), (1, 3, 6, 8)).copy()
    edges = edge_map(ramp)
    np.testing.assert_allclose(edges[0, :, 1:-1], 8 * 20 / 255)  # Sobel: weights 1, 2, 1 over two pixels
    np.testing.assert_allclose(edge_map(ramp.transpose(0, 1, 3, 2)), edges.transpose(0, 2, 1))
    together = np.concatenate([ramp, images_of((3, 6, 8), 2)])
    np.testing.assert_array_equal(edge_map(together)[:1], edges)  # no image looks at its neighbours


def test_correlation_is_pearsons():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(5, 4, 6)), rng.normal(size=(5, 4, 6))
    expected = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(correlation(first, second), expected)
    first[2] = 1.0
    assert np.isnan(correlation(first, second)).tolist() == [False, False, True, False, False]
