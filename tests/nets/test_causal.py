"""Causal networks see what comes before, all of it that is near enough, and nothing else."""

import pytest
import torch

from oodflow.errors import UsageError
from oodflow.nets import CausalConvNet, CausalTransformer
from oodflow.testing.modules import randomise

COLOUR = (3, 5, 4)


def dependence(net, shape):
    """Which output of each number depends on which number, of some images, ``[C, H, W, C, H, W]``."""
    net = randomise(net.double(), 0)
    images = torch.randn(4, 1, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    jacobians = torch.stack([torch.autograd.functional.jacobian(net, x)[0, :, :, :, 0] for x in images])
    return (jacobians.unflatten(1, (-1, shape[0])) != 0).any(1).any(0)


def test_convolutions_go_by_row_column_and_channel():
    seen = dependence(CausalConvNet(3, 6, width=12, blocks=2), COLOUR)
    seen = seen.permute(1, 2, 0, 4, 5, 3).reshape(60, 60)
    assert not seen.triu().any()
    assert seen[23, :23].all()  # to a number at the end of the second row nothing before it is too far


@pytest.mark.parametrize(("blocks", "reach"), [(0, 3), (1, 4), (3, 10), (4, 11)])
def test_blocks_go_in_steps_of_one_two_and_four(blocks, reach):
    seen = dependence(CausalConvNet(1, 1, width=16, blocks=blocks), (1, 30, 3))[0, -1, 1, 0].any(1)
    assert seen.nonzero()[0].item() == 29 - reach


def test_attention_goes_by_pixels_and_sees_all_before():
    seen = dependence(CausalTransformer(COLOUR, 6, width=8, layers=1, heads=2), COLOUR)
    seen = seen.permute(1, 2, 0, 4, 5, 3).reshape(20, 3, 20, 3)
    before = torch.ones(20, 20).tril(-1).bool()
    assert torch.equal(seen, before[:, None, :, None].expand(20, 3, 20, 3))


@pytest.mark.parametrize(
    "net",
    [CausalConvNet(3, 6, width=12, blocks=2), CausalTransformer(COLOUR, 6, width=8, layers=1, heads=2)],
    ids=["convolutions", "attention"],
)
def test_they_begin_at_zero(net):
    assert torch.equal(net(torch.randn(2, *COLOUR)), torch.zeros(2, 6, 5, 4))


def test_a_width_that_heads_can_not_share_is_refused():
    with pytest.raises(UsageError, match="width is 8 but must be a multiple of heads, which is 3"):
        CausalTransformer(COLOUR, 6, width=8, layers=1, heads=3)
