"""Every registered net keeps the contract; what sets each apart."""

import pytest
import torch

from oodflow.nets import NETS, HighwayConfig, NetConfig, ResNetConfig
from oodflow.testing.nets import check_net

SETTINGS = [
    ResNetConfig(blocks=2, batch_norm=False),
    ResNetConfig(blocks=2, skip=False),
    ResNetConfig(blocks=1, zero_init=True),
    HighwayConfig(blocks=1),
]


@pytest.mark.parametrize("name", NETS)
def test_net_keeps_the_contract(name):
    torch.manual_seed(0)
    check_net(NETS[name]())


@pytest.mark.parametrize("config", SETTINGS, ids=str)
def test_net_keeps_the_contract_with_other_settings(config):
    torch.manual_seed(0)
    check_net(config)


@pytest.mark.parametrize(
    "config", [NETS["convnet"](), HighwayConfig(), ResNetConfig(zero_init=True)], ids=lambda c: c.kind
)
def test_zero_initialisation_really_gives_zero_and_can_learn(config):
    torch.manual_seed(0)
    net = config.build(2, 4, 8, hidden_pixels=False)
    x = torch.randn(4, 2, 6, 6)
    assert torch.equal(net(x), torch.zeros(4, 4, 6, 6))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        (net(x) - 1).square().mean().backward()
        optimiser.step()
    assert net(x).abs().max() > 0


def test_resnet_doubles_its_normed_input_when_pixels_are_hidden():
    torch.manual_seed(0)
    plain, doubled = (ResNetConfig(blocks=1).build(1, 2, 4, hidden_pixels=hidden) for hidden in (False, True))
    doubled.load_state_dict(plain.state_dict())
    x = torch.randn(2, 1, 4, 4)
    assert torch.allclose(
        doubled.eval()(x), plain.eval()(2 * x), atol=1e-6
    )  # fresh running statistics: norm = identity


def test_a_net_config_is_abstract():
    with pytest.raises(TypeError):
        NetConfig()
