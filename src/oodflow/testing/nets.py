"""The contract of an st-network, as a test that anyone can run on a network of their own."""

import torch
from torch import nn

from oodflow.nets import NetConfig, folded
from oodflow.testing.modules import check_copies, check_gradients, leaving_no_trace, randomise


def check_net(config: NetConfig) -> None:
    """Test that an st-network keeps its contract.

    Built for images of any size, it maps ``[B, in_channels, H, W]`` to ``[B, out_channels, H, W]``; in eval mode an
    image's result does not depend on its neighbours and a call leaves no trace; :func:`~oodflow.nets.folded`, copied
    or pickled it is the same function; the state-dict carries everything; every parameter has a finite gradient; its
    settings survive a JSON round trip.

    Args:
        config: the network's settings.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.nets import ConvNetConfig
        >>> check_net(ConvNetConfig())
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    for interleaved in (False, True):
        _check(config, interleaved=interleaved)


def _check(config: NetConfig, *, interleaved: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    for height, width in ((4, 6), (7, 5)):

        def build(pixels: tuple[int, int] = (height, width)) -> nn.Module:
            return config.build((3, *pixels), 4, width=6, interleaved=interleaved).double()

        net = randomise(build(), seed=1).eval()
        x = torch.randn(3, 3, height, width, dtype=torch.float64, generator=generator)
        with leaving_no_trace(net):
            y = net(x)
        assert y.shape == (3, 4, height, width), f"{tuple(x.shape)} became {tuple(y.shape)}: expected 4 channels"
        assert y.dtype == x.dtype, f"dtype {x.dtype} became {y.dtype}"
        assert torch.allclose(net(x[1:2]), y[1:2]), "an image alone gives another result than in a batch"
        again = build().eval()
        again.load_state_dict(net.state_dict())
        assert torch.equal(again(x), y), "the state-dict does not carry everything"
        check_copies(net, lambda net, x=x: net(x))  # type: ignore[misc]
        assert torch.allclose(folded(net)(x), y, rtol=1e-9, atol=1e-9), "folded for inference it is another function"
        assert torch.equal(net(x), y), "folding a copy changed the original"
        net.train()
        x.requires_grad_()
        check_gradients(net, net(x).square().sum(), x)
