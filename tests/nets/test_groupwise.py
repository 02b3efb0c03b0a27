"""Batch norms that normalise by groups, against those of PyTorch in train mode."""

import copy

import pytest
import torch
from torch import nn

from oodflow.nets import GroupwiseNorm, ResNetConfig, groupwise, has_batch_norm
from oodflow.testing.modules import randomise


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def norm_of(kind=nn.BatchNorm2d, **settings):
    """A batch norm that has seen other data."""
    norm = kind(3, **settings).double()
    with torch.no_grad():
        norm.running_mean.copy_(torch.tensor([0.3, -1.0, 2.0]))
        norm.running_var.copy_(torch.tensor([0.5, 2.0, 1.0]))
        if norm.affine:
            norm.weight.copy_(torch.tensor([1.5, -0.7, 0.2]))
            norm.bias.copy_(torch.tensor([0.1, 0.0, -3.0]))
    return norm.eval()


@pytest.mark.parametrize(
    ("norm", "shape"),
    [(norm_of(), (3, 5, 4)), (norm_of(affine=False), (3, 5, 4)), (norm_of(nn.BatchNorm1d), (3,))],
    ids=["images", "without parameters", "vectors"],
)
def test_each_group_is_a_batch_in_train_mode(norm, shape):
    x = 3 * normal(12, *shape) + 1
    y = GroupwiseNorm(norm, group=4, share=1.0)(x)
    expected = torch.cat([copy.deepcopy(norm).train()(part) for part in x.split(4)])
    torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)


def test_a_share_is_that_of_a_batch_of_which_the_rest_is_as_in_training():
    """A batch of three parts a group and five parts of other images, whose statistics are the running ones."""
    group, others = 2 * normal(2, 3, 5, 4) - 1, normal(10, 3, 5, 4, seed=1)
    norm = norm_of()
    var, mean = torch.var_mean(others, (0, 2, 3), correction=0)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(var)
    batch = torch.cat([group, group, group, others])
    expected = copy.deepcopy(norm).train()(batch)[:2]
    y = GroupwiseNorm(norm, group=2, share=6 / 16)(group)
    torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)


def test_a_small_share_comes_to_eval_mode():
    x, norm = normal(4, 3, 5, 4), norm_of()
    torch.testing.assert_close(GroupwiseNorm(norm, group=2, share=1e-13)(x), norm(x), rtol=1e-10, atol=1e-10)


def test_a_net_is_copied_and_left_as_it_is():
    net = randomise(ResNetConfig(blocks=2).build((3, 6, 4), 5, 8, interleaved=True), seed=0).double()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    x = normal(6, 3, 6, 4)
    y = groupwise(net, 3)(x)
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert net.training
    assert all(p.requires_grad for p in net.parameters())
    expected = torch.cat([copy.deepcopy(net).train()(part) for part in x.split(3)])
    torch.testing.assert_close(y, expected.detach(), rtol=1e-10, atol=1e-10)
    assert not y.requires_grad


def test_what_has_no_batch_norm():
    assert has_batch_norm(ResNetConfig(blocks=1).build((1, 4, 4), 2, 4, interleaved=False))
    assert not has_batch_norm(ResNetConfig(blocks=1, batch_norm=False).build((1, 4, 4), 2, 4, interleaved=False))
