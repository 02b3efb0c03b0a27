"""Batch norms that look at the first rows of a batch, against PyTorch's of these rows alone."""

import copy

import pytest
import torch
from torch import nn

from oodflow.errors import UsageError
from oodflow.nets import BatchNorm, BottleneckConfig, ResNetConfig, statistics_of_first
from oodflow.testing.modules import randomise


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def norm_of(kind, **settings):
    norm = kind(3, **settings).double()
    if norm.affine:
        with torch.no_grad():
            norm.weight.copy_(torch.tensor([1.5, -0.7, 0.2]))
            norm.bias.copy_(torch.tensor([0.1, 0.0, -3.0]))
    return norm


FIRST, OTHERS = 3 * normal(4, 3, 5, 4) + 1, normal(7, 3, 5, 4, seed=1) - 2


@pytest.mark.parametrize("affine", [True, False])
def test_all_rows_are_normalised_by_the_statistics_of_the_first(affine):
    norm, theirs = norm_of(BatchNorm, affine=affine), norm_of(nn.BatchNorm2d, affine=affine)
    with statistics_of_first(norm, 4):
        y = norm(torch.cat([FIRST, OTHERS]))
    assert torch.equal(y[:4], theirs(FIRST))
    by_hand = (OTHERS - FIRST.mean((0, 2, 3), keepdim=True)) / (
        FIRST.var((0, 2, 3), correction=0, keepdim=True) + norm.eps
    ).sqrt()
    if affine:
        by_hand = by_hand * norm.weight[:, None, None] + norm.bias[:, None, None]
    torch.testing.assert_close(y[4:], by_hand, rtol=1e-12, atol=1e-12)
    for name, buffer in theirs.named_buffers():  # the running statistics are those of the first alone too
        assert torch.equal(buffer, dict(norm.named_buffers())[name]), name


def test_gradients_go_through_the_statistics():
    norm = norm_of(BatchNorm)

    def normed(first, others):
        with statistics_of_first(norm, 4):
            return norm(torch.cat([first, others]))

    inputs = [x[:, :, :2, :2].clone().requires_grad_() for x in (FIRST, OTHERS)]
    assert torch.autograd.gradcheck(normed, inputs)


def test_it_is_pytorchs_outside_of_the_block_and_in_eval_mode():
    norm, theirs, x = norm_of(BatchNorm), norm_of(nn.BatchNorm2d), torch.cat([FIRST, OTHERS])
    with statistics_of_first(norm, 4):
        pass
    assert torch.equal(norm(x), theirs(x))
    with statistics_of_first(norm.eval(), 4):
        assert torch.equal(norm(x), theirs.eval()(x))


def test_it_keeps_the_layout_and_the_dtype_of_what_comes():
    x = torch.cat([FIRST, OTHERS]).bfloat16().to(memory_format=torch.channels_last)
    with statistics_of_first(norm := BatchNorm(3), 4):
        y = norm(x)
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("config", [ResNetConfig(blocks=2), BottleneckConfig(blocks=2, latent_dims=3)])
def test_a_net_makes_of_the_first_rows_what_it_would_without_the_others(config):
    net = randomise(config.build((3, 5, 4), 6, 8, interleaved=True), seed=0).double()
    alone = copy.deepcopy(net)
    with statistics_of_first(net, 4):
        y = net(torch.cat([FIRST, OTHERS]))
    torch.testing.assert_close(y[:4], alone(FIRST), rtol=1e-10, atol=1e-10)
    for name, buffer in alone.named_buffers():
        torch.testing.assert_close(dict(net.named_buffers())[name], buffer, rtol=1e-10, atol=1e-10)


def test_a_batch_norm_that_cannot_is_refused():
    with (
        pytest.raises(
            UsageError, match=r"a BatchNorm1d, which takes its statistics from all .*oodflow\.nets\.BatchNorm"
        ),
        statistics_of_first(nn.Sequential(nn.BatchNorm1d(3)), 4),
    ):
        pass
