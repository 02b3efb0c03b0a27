"""What ``reversible`` stores and computes, where it ends, and what it refuses."""

import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow.bijections import ActNorm, Chain, Conv1x1, Coupling, reversible
from oodflow.flows import FLOWS
from oodflow.nets import NETS
from oodflow.testing.modules import randomise
from oodflow.transformers import TRANSFORMERS

from .small import Doubled, gradients, image, loss_of, net_coupling, small


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
    if {"couplings", "steps"} & FLOWS[name].model_fields.keys():  # others have layers of a number of their own
        assert kept_of_twice_as_many > 1.5 * kept  # the measure notices activations
    with reversible():
        kept, kept_of_twice_as_many = (bytes_kept(*small(name, **number)) for number in (few, many))
    _, x = small(name)
    assert kept_of_twice_as_many == kept <= 3 * x.nbytes + 1000  # the latents, and what the loss itself keeps


@pytest.mark.parametrize("transformer", TRANSFORMERS)
@pytest.mark.parametrize("name", [name for name in FLOWS if "net" in FLOWS[name].model_fields])
def test_each_st_network_is_evaluated_once_in_the_backward_pass(name, transformer):
    bijection, x = small(name, patches=2, transformer=transformer)
    calls = []
    for layer in bijection.modules():
        if isinstance(layer, Coupling):
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
        chain.get_parameter("layers.0.transformer.rescale").mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_second_derivative_is_an_error():
    chain, x = Chain([net_coupling()]).double(), image().requires_grad_()
    with reversible():
        loss = loss_of(chain, x)
    (grad_x,) = torch.autograd.grad(loss, [x], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad_x.sum().backward()
