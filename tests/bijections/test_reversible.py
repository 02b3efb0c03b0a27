"""Under ``reversible`` nothing is stored, and nothing comes out differently."""

import copy
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow.bijections import (
    MASKS,
    ActNorm,
    AffineCoupling,
    Bijection,
    Chain,
    Conv1x1,
    MultiScale,
    Patchify,
    Squeeze,
    checkerboard,
    reversible,
)
from oodflow.flows import FLOWS
from oodflow.nets import NETS, ConvNetConfig, ResNetConfig
from oodflow.testing.modules import randomise

IMAGE_FLOWS = [name for name in FLOWS if FLOWS[name].rank == 3]
MODES = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])


def small(name, **settings):
    """The bijection of a flow of few and narrow layers, in float64, and data for it."""
    rank, fields = FLOWS[name].rank, FLOWS[name].model_fields
    sizes = {"width": 3, "steps": 2, "couplings": 4} | settings
    shape = (2, 16, 12) if rank == 3 else (5,)
    config = FLOWS[name](**{field: size for field, size in sizes.items() if field in fields})
    x = 0.05 + 0.9 * torch.rand(4, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return randomise(config.bijection(shape).double(), 0), x


def loss_of(bijection, x):
    z, log_det = bijection(x)
    weights = torch.linspace(0.5, 1.5, z.numel(), dtype=z.dtype).reshape(z.shape)
    return (weights * z.square()).sum() - (log_det * torch.arange(1, len(x) + 1)).sum()


def gradients(bijection, x, *, storing, precision=None):
    """All gradients, by name, from a copy; and the copy."""
    bijection, x = copy.deepcopy(bijection), x.clone().requires_grad_()
    with reversible(not storing), torch.autocast("cpu", dtype=precision, enabled=precision is not None):
        loss = loss_of(bijection, x)
    named = {"input": x} | dict(bijection.named_parameters())
    found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return dict(zip(named, found, strict=True)), bijection


def assert_same_training(bijection, x, *, training):
    bijection.train(training)
    expected, stored = gradients(bijection, x, storing=True)
    found, recomputed = gradients(bijection, x, storing=False)
    # A bias before a batch norm has a gradient of rounding errors alone, so that scale is not all its own.
    rounding = 1e-12 * max(gradient.abs().max() for gradient in expected.values() if gradient is not None)
    for name, gradient in expected.items():
        assert (gradient is None) == (found[name] is None), name
        if gradient is not None:
            assert (found[name] - gradient).abs().max() <= 1e-8 * gradient.abs().max() + rounding, name
    statistics = dict(recomputed.named_buffers())
    for name, buffer in stored.named_buffers():
        assert torch.equal(buffer, statistics[name]), name
    for part, before in zip(recomputed.modules(), bijection.modules(), strict=True):
        assert vars(part).keys() == vars(before).keys()
        assert getattr(part, "track_running_stats", None) == getattr(before, "track_running_stats", None)


@MODES
@pytest.mark.parametrize("name", FLOWS)
def test_gradients_and_statistics_of_every_flow_are_those_of_stored_activations(name, training):
    torch.manual_seed(0)
    assert_same_training(*small(name), training=training)


@MODES
@pytest.mark.parametrize(("name", "net"), list(product(IMAGE_FLOWS, NETS)))
def test_with_every_net(name, net, training):
    torch.manual_seed(0)
    sizes = {"blocks": 2, "latent_dims": 3}
    config = NETS[net](**{field: size for field, size in sizes.items() if field in NETS[net].model_fields})
    assert_same_training(*small(name, net=config, steps=1, couplings=2), training=training)


@pytest.mark.parametrize(("name", "mask"), list(product(IMAGE_FLOWS, MASKS)))
def test_with_every_mask(name, mask):
    torch.manual_seed(0)
    assert_same_training(*small(name, mask=mask, net=ResNetConfig(blocks=1)), training=True)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("single-scale", {"mask": "cycle", "patches": 2}),
        ("glow", {"split": False, "net": ConvNetConfig(actnorm=True)}),
        ("realnvp", {"squeezed_mask": "horizontal"}),
    ],
)
def test_with_other_settings(name, settings):
    torch.manual_seed(0)
    assert_same_training(*small(name, **settings), training=True)


class Doubled(Bijection):
    """One of a user's own, which says nothing of gradients, with a chain inside."""

    def __init__(self, inner: Bijection) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x):
        z, log_det = self.inner(2 * x)
        return z, log_det + x[0].numel() * torch.tensor(2.0, dtype=x.dtype).log()

    def inverse(self, z):
        x, log_det = self.inner.inverse(z)
        return x / 2, log_det - x[0].numel() * torch.tensor(2.0, dtype=x.dtype).log()


def net_coupling(channels=2):
    net = nn.Sequential(nn.BatchNorm2d(channels), nn.Conv2d(channels, 2 * channels, 3, padding=1), nn.Tanh())
    return AffineCoupling(checkerboard((channels, 4, 6)), net)


def image(channels=2):
    return torch.rand(3, channels, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Chain([]),
        lambda: Chain([Doubled(Chain([net_coupling(), ActNorm(2)])), Conv1x1(2)]),
        lambda: Chain([Chain([net_coupling()]), Chain([Chain([Conv1x1(2), Squeeze()])])]),
        lambda: MultiScale((2, 4, 6), [Chain([net_coupling(), Squeeze()]), Chain([Conv1x1(4), ActNorm(4)])]),
        lambda: Patchify(Chain([Conv1x1(2), Squeeze()]), rows=2, columns=3),
        lambda: Chain([shared := Conv1x1(2), net_coupling(), shared]),
    ],
    ids=["empty", "own", "nested", "multiscale", "patchify", "shared"],
)
@MODES
def test_compositions(make, training):
    torch.manual_seed(0)
    assert_same_training(randomise(make().double(), 0), image(), training=training)


def test_what_is_frozen_or_unused_has_no_gradient():
    layer = net_coupling()
    layer.net[1].weight.requires_grad_(False)
    layer.spare = nn.Parameter(torch.zeros(1))
    chain = Chain([layer]).double()
    with reversible():
        loss = loss_of(chain, image())
    loss.backward()
    assert layer.net[1].weight.grad is None
    assert layer.spare.grad is None
    assert layer.net[1].bias.grad.any()


def test_a_gradient_that_is_only_of_the_latents_or_only_of_the_log_determinant():
    chain = randomise(Chain([Conv1x1(2), net_coupling()]).double(), 0)
    for output in (0, 1):
        expected = torch.autograd.grad(chain(image())[output].sum(), list(chain.parameters()))
        with reversible():
            value = chain(image())[output].sum()
        found = torch.autograd.grad(value, list(chain.parameters()))
        for one, other in zip(found, expected, strict=True):
            assert torch.allclose(one, other, rtol=1e-10, atol=1e-12)


def bytes_kept(bijection, x):
    """Of what a forward pass keeps for the backward pass, parameters apart."""
    kept = {}
    own = {tensor.data_ptr() for tensor in (*bijection.parameters(), *bijection.buffers())}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if tensor.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = loss_of(bijection, x)
    assert loss.requires_grad
    return sum(kept.values())


@pytest.mark.parametrize("name", FLOWS)
def test_nothing_is_kept_between_layers(name):
    few, many = ({"couplings": n, "steps": n} for n in (4, 8))
    kept, kept_of_twice_as_many = (bytes_kept(*small(name, **number)) for number in (few, many))
    assert name == "realnvp" or kept_of_twice_as_many > 1.5 * kept  # the measure notices activations
    with reversible():
        kept, kept_of_twice_as_many = (bytes_kept(*small(name, **number)) for number in (few, many))
    _, x = small(name)
    assert kept_of_twice_as_many == kept <= 3 * x.nbytes + 1000  # the latents, and what the loss itself keeps


@pytest.mark.parametrize("name", FLOWS)
def test_each_st_network_is_evaluated_once_in_the_backward_pass(name):
    bijection, x = small(name, patches=2)
    calls = []
    for layer in bijection.modules():
        if isinstance(layer, AffineCoupling):
            layer.net.register_forward_hook(lambda net, *_: calls.append((net, torch.is_grad_enabled())))
    with reversible():
        loss = loss_of(bijection, x)
    forward = list(calls)
    loss.backward()
    backward = calls[len(forward) :]
    assert not any(grad for _, grad in forward)
    assert all(grad for _, grad in backward)
    assert [net for net, _ in backward] == [net for net, _ in reversed(forward)]
    assert len({id(net) for net, _ in forward}) == len(forward) > 1


@pytest.mark.parametrize("inside", [True, False], ids=["backward inside", "backward outside"])
@pytest.mark.parametrize("net", ["convnet", "resnet"])
def test_autocast_is_that_of_the_forward_pass(net, inside):
    """The last coupling is given exactly what it saw, so that its gradients tell one precision from another."""
    torch.manual_seed(0)
    bijection, x = small("single-scale", net=NETS[net](), couplings=1)
    bijection, x = bijection.float(), x.float()
    expected, _ = gradients(bijection, x, storing=True, precision=torch.bfloat16)
    exact, _ = gradients(bijection, x, storing=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=True):
        with reversible():
            loss = loss_of(bijection, x)
        if inside:
            bijection(x)  # finds no weights in autocast's cache that have lost their gradient
            loss.backward()
    if not inside:
        loss.backward()
    last = {name: p.grad for name, p in bijection.named_parameters()}
    assert any(not torch.allclose(last[name], exact[name], rtol=1e-5) for name in last)
    for name, gradient in last.items():
        assert gradient is not None, name
        assert torch.allclose(gradient, expected[name], rtol=1e-4, atol=1e-5 * expected[name].abs().max()), name


def test_a_backward_pass_inside_the_block_takes_no_detour():
    chain = randomise(Chain([Doubled(Chain([coupling := net_coupling(), ActNorm(2)]))]).double(), 0)
    expected, _ = gradients(chain, image(), storing=True)
    calls = []
    coupling.net.register_forward_hook(lambda *_: calls.append(torch.is_grad_enabled()))
    with reversible():
        loss_of(chain, image()).backward()
    assert calls == [False, False, True]  # forward; then inverse and forward, by the default way
    for name, parameter in chain.named_parameters():
        assert torch.allclose(parameter.grad, expected[name], rtol=1e-10, atol=1e-12)


def test_the_block_ends_where_it_ends_even_with_an_error():
    chain = Chain([net_coupling()]).double()
    with pytest.raises(ZeroDivisionError), reversible():
        raise ZeroDivisionError
    assert "StoringNothing" not in type(chain(image())[0].grad_fn).__name__
    with reversible():
        with reversible(False):
            assert "StoringNothing" not in type(chain(image())[0].grad_fn).__name__
        assert "StoringNothing" in type(chain(image())[0].grad_fn).__name__
        with torch.no_grad():
            assert chain(image())[0].grad_fn is None


def test_batch_norms_are_as_before_even_when_the_backward_pass_fails():
    class Failing(Conv1x1):
        def inverse(self, z):
            raise ZeroDivisionError

    chain = Chain([Failing(2), net_coupling()]).double()
    with reversible():
        loss = loss_of(chain, image())
    with pytest.raises(ZeroDivisionError):
        loss.backward()
    assert all(part.track_running_stats for part in chain.modules() if isinstance(part, _BatchNorm))


def test_a_parameter_that_changes_before_the_backward_pass_is_an_error():
    chain = Chain([net_coupling()]).double()
    with reversible():
        loss = loss_of(chain, image())
    with torch.no_grad():
        chain.get_parameter("layers.0.rescale").mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_second_derivative_is_an_error():
    chain, x = Chain([net_coupling()]).double(), image().requires_grad_()
    with reversible():
        loss = loss_of(chain, x)
    (grad_x,) = torch.autograd.grad(loss, [x], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad_x.sum().backward()
