"""Every registered net keeps the contract; what sets each apart."""

import pytest
import torch
from torch.nn.utils.parametrize import is_parametrized

from oodflow.bijections import Coupling, checkerboard
from oodflow.flows import RealNVPConfig
from oodflow.nets import (
    NETS,
    BottleneckConfig,
    ConvNetConfig,
    HighwayConfig,
    MLPConfig,
    NetConfig,
    ResNetConfig,
    folded,
)  # fmt: skip
from oodflow.testing.nets import check_net
from oodflow.transformers import Affine

SETTINGS = [
    ResNetConfig(blocks=2, batch_norm=False),
    ResNetConfig(blocks=2, skip=False),
    ResNetConfig(blocks=1, zero_init=True),
    HighwayConfig(blocks=1),
    BottleneckConfig(blocks=3, latent_dims=2, batch_norm=False),
    MLPConfig(hidden_layers=1, zero_init=True),
    ConvNetConfig(actnorm=True),
]


@pytest.mark.parametrize("name", NETS)
def test_net_keeps_the_contract(name):
    torch.manual_seed(0)
    check_net(NETS[name]())


@pytest.mark.parametrize("config", SETTINGS, ids=str)
def test_net_keeps_the_contract_with_other_settings(config):
    torch.manual_seed(0)
    check_net(config)


@pytest.mark.parametrize("name", NETS)
def test_zero_initialisation_really_gives_zero_and_can_learn(name):
    """Every net has it, as an option or always; in the original it is a no-op under weight norm."""
    torch.manual_seed(0)
    net = NETS[name](**zero_init(name)).build((2, 6, 6), 4, 8, interleaved=False)
    x = torch.randn(4, 2, 6, 6)
    assert torch.equal(net(x), torch.zeros(4, 4, 6, 6))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        (net(x) - 1).square().mean().backward()
        optimiser.step()
    assert net(x).abs().max() > 0


def zero_init(name):
    return {"zero_init": True} if "zero_init" in NETS[name].model_fields else {}


def test_resnet_doubles_its_normed_input_between_zeros():
    torch.manual_seed(0)
    plain, doubled = (ResNetConfig(blocks=1).build((1, 4, 4), 2, 4, interleaved=zeros) for zeros in (False, True))
    doubled.load_state_dict(plain.state_dict())
    x = torch.randn(2, 1, 4, 4)
    assert torch.allclose(
        doubled.eval()(x), plain.eval()(2 * x), atol=1e-6
    )  # fresh running statistics: norm = identity


@pytest.mark.parametrize(("skip", "left"), [(True, 1 + 2), (False, 1 + 2 + 1)])
def test_folding_leaves_only_norms_that_no_convolution_can_take_over(skip, left):
    net = folded(ResNetConfig(blocks=2, skip=skip).build((2, 4, 4), 4, 6, interleaved=False))
    assert sum(isinstance(part, torch.nn.BatchNorm2d) for part in net.modules()) == left
    assert not any(is_parametrized(part) for part in net.modules())
    assert not any(parameter.requires_grad for parameter in net.parameters())


def test_folding_a_flow_in_float32_changes_its_log_prob_by_rounding():
    torch.manual_seed(0)
    flow = RealNVPConfig(width=8, net=ResNetConfig(blocks=2)).build((1, 8, 8)).train()
    images = torch.randint(0, 256, (16, 1, 8, 8), dtype=torch.uint8)
    noise = torch.rand(images.shape)
    for _ in range(20):  # statistics that are not those of the start
        flow.log_prob(images, noise=noise)
    expected = flow.eval().log_prob(images, noise=noise)
    assert torch.allclose(folded(flow.train()).log_prob(images, noise=noise), expected, rtol=1e-5, atol=0)
    assert flow.training


def test_folding_a_convnet_leaves_convolutions_alone():
    torch.manual_seed(0)
    net = ConvNetConfig(actnorm=True).build((2, 4, 4), 4, 6, interleaved=False).double()
    x = torch.randn(8, 2, 4, 4, dtype=torch.float64)
    net.initialise(x)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    lean = folded(net)
    assert {type(part) for part in lean.modules()} == {type(net), torch.nn.Sequential, torch.nn.Conv2d, torch.nn.ReLU}
    assert torch.allclose(lean(x), net(x), rtol=1e-9, atol=1e-12)


def test_a_folded_copy_shares_nothing_with_the_original():
    torch.manual_seed(0)
    net = RealNVPConfig(width=4, net=ResNetConfig(blocks=1)).build((1, 4, 4))
    pixels, noise = torch.randint(0, 256, (4, 1, 4, 4), dtype=torch.uint8), torch.rand(4, 1, 4, 4)
    lean = folded(net)
    expected = lean.log_prob(pixels, noise=noise)
    lean.register_forward_hook(lambda *_: None)
    assert not net._forward_hooks
    with torch.no_grad():
        for tensor in [*net.parameters(), *net.buffers()]:
            tensor.copy_(torch.ones_like(tensor))
    assert torch.equal(lean.log_prob(pixels, noise=noise), expected)
    assert all(parameter.requires_grad for parameter in net.parameters())


def test_a_part_that_is_used_twice_is_folded_once():
    conv = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv2d(2, 2, 1))
    first, second = folded(torch.nn.ModuleList([conv, conv]))
    assert first is second


def test_a_net_config_is_abstract():
    with pytest.raises(TypeError):
        NetConfig()


def test_a_mlp_takes_vectors_too():
    net = MLPConfig(hidden_layers=2).build((5,), 6, 7, interleaved=False)
    assert net(torch.randn(3, 5)).shape == (3, 6)
    assert [tuple(m.weight.shape) for m in net.modules() if isinstance(m, torch.nn.Linear)] == [(7, 5), (7, 7), (6, 7)]


def test_actnorms_of_a_convnet_are_set_from_the_first_batch_through_the_coupling():
    torch.manual_seed(0)
    mask = checkerboard((2, 6, 6))
    net = ConvNetConfig(actnorm=True).build(mask.in_shape, 4, 8, interleaved=True).double()
    coupling = Coupling(mask, net, Affine(mask.out_channels)).double()
    x = 3 + 2 * torch.randn(16, 2, 6, 6, dtype=torch.float64)
    coupling.initialise(x)
    first = net.layers[0](mask.show(x))
    second = net.layers[2](first.relu())
    for hidden in (first, second):
        assert hidden.mean((0, 2, 3)).abs().max() < 1e-9
        assert (hidden.var((0, 2, 3), correction=0) - 1).abs().max() < 1e-3
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    coupling.initialise(2 * x)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_a_bottleneck_lets_through_no_more_than_its_width():
    """All pixels of the output lie on a line when one number is all that passes."""
    torch.manual_seed(0)
    net = BottleneckConfig(blocks=2, latent_dims=1).build((1, 4, 6), 2, 4, interleaved=False).double().eval()
    passed = net.middle(torch.randn(5, 4, 4, 6, dtype=torch.float64)).flatten(1)
    assert torch.linalg.matrix_rank(passed - passed.mean(0)) == 1
