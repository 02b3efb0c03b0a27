"""Autoregressive layers see what comes before, and nothing else; logistic numbers become normal ones."""

import math

import pytest
import torch

from oodflow.bijections import Autoregressive, Gaussianise
from oodflow.errors import UsageError
from oodflow.nets import CausalConvNet
from oodflow.testing.bijections import check_bijection
from oodflow.testing.modules import randomise
from oodflow.transformers import TRANSFORMERS, Affine, MixtureConfig


def autoregressive(shape, transformer=None):
    transformer = transformer or Affine(shape[0])
    outputs = transformer.parameters_per_number * shape[0]
    return Autoregressive(shape, CausalConvNet(shape[0], outputs, width=2 * shape[0], blocks=2), transformer)


def test_with_a_causal_network_it_keeps_the_contract():
    torch.manual_seed(0)
    check_bijection(autoregressive, shapes=((1, 3, 4), (3, 2, 1)))


def test_with_mixtures_it_keeps_the_contract():
    torch.manual_seed(0)
    check_bijection(
        lambda shape: autoregressive(shape, MixtureConfig(components=2).build(shape[0])), shapes=((2, 1, 3),)
    )


def test_a_network_that_gives_something_else_is_refused():
    net = torch.nn.Conv2d(1, 3, 1)
    with pytest.raises(UsageError, match=r"must turn \[2, 1, 4, 4\] into \[2, 2, 4, 4\], .* but gives \[2, 3, 4, 4\]"):
        Autoregressive((1, 4, 4), net, Affine(1))(torch.zeros(2, 1, 4, 4))


def counted(layer):
    """Count how often the network is asked."""
    calls = []
    layer.net.register_forward_hook(lambda *_: calls.append(1))
    return calls


@torch.no_grad()
def test_the_inverse_ends_when_nothing_changes_any_more():
    layer = randomise(autoregressive((2, 6, 5)), 0).double()
    x = torch.randn(3, 2, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    z, calls = layer(x)[0], counted(layer)
    assert torch.allclose(layer.inverse(z)[0], x, rtol=0, atol=1e-10)
    assert len(calls) < 30  # of 60 numbers
    assert torch.equal(layer.inverse(z[:1])[0], layer.inverse(z)[0][:1])


class Turned(torch.nn.Module):
    """A network that goes through the image from its end, or through each row by itself."""

    def __init__(self, net, way):
        super().__init__()
        self.net, self.way = net, way

    def forward(self, x):
        if self.way == "from the end":
            return self.net(x.flip(2, 3)).flip(2, 3)
        rows = x.movedim(2, 1).flatten(0, 1)[:, :, None]
        return self.net(rows)[:, :, 0].unflatten(0, (len(x), x.shape[2])).movedim(1, 2)


@torch.no_grad()
@pytest.mark.parametrize("way", ["from the end", "each row by itself"])
def test_in_another_order_what_waits_has_its_turn(way):
    layer = randomise(autoregressive((1, 12, 12)), 0).double()
    layer.net = Turned(layer.net, way)
    x = torch.randn(2, 1, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(layer.inverse(layer(x)[0])[0], x, rtol=0, atol=1e-9)


@torch.no_grad()
@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_what_has_not_been_reached_yet_spoils_nothing_before_it(transformer):
    """Parameters are infinite as long as anything before a number is not what it will be."""
    layer = randomise(autoregressive((1, 6, 5), TRANSFORMERS[transformer]().build(1)), 0).double()
    x = torch.randn(2, 1, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    z, shown = layer(x)[0], []

    def explode(net, inputs, theta):
        shown.append(inputs[0])
        wrong = ((inputs[0] - x).abs() > 1e-6).flatten(1).cumsum(1).roll(1, 1)
        wrong[:, 0] = 0
        return torch.where(wrong.reshape(x.shape) > 0, torch.inf, theta)

    layer.net.register_forward_hook(explode)
    assert torch.allclose(layer.inverse(z)[0], x, rtol=0, atol=1e-9)
    assert all(numbers.isfinite().all() for numbers in shown)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_logistic_quantiles_become_normal_ones(dtype):
    p = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
    z, _ = Gaussianise()(torch.logit(p)[None].to(dtype))
    assert torch.allclose(z[0].double(), torch.special.ndtri(p), rtol=0, atol=1e-5 if dtype == torch.float32 else 1e-12)


def test_far_out_no_digit_is_lost():
    x = torch.tensor([[-1e6, -800.0, -40.0, 0.0, 40.0, 800.0, 1e6]], dtype=torch.float64)
    z, log_det = Gaussianise()(x)
    again, log_det_back = Gaussianise().inverse(z)
    assert torch.allclose(again, x, rtol=1e-12, atol=0)
    assert torch.allclose(log_det, -log_det_back)
    # log Phi(-z) ~ -z^2 / 2 - log(z sqrt(2 pi)), so z is about sqrt(2 x)
    assert z[0, -1].item() == pytest.approx(math.sqrt(2e6), rel=1e-4)


@pytest.mark.parametrize(
    ("direction", "slope"), [("forward", math.sqrt(math.pi / 8)), ("inverse", math.sqrt(8 / math.pi))]
)
def test_in_the_middle_there_is_a_derivative(direction, slope):
    function, at = getattr(Gaussianise(), direction), torch.zeros(1, 1, dtype=torch.float64)
    assert torch.autograd.functional.jacobian(function, at)[0].item() == pytest.approx(slope, rel=1e-12)
    assert function(at)[1].item() == pytest.approx(math.log(slope), rel=1e-12)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_there_are_second_derivatives(direction):
    at = torch.tensor([[-4.0, -0.5, 0.25, 2.0, 5.5]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(getattr(Gaussianise(), direction), at)
    assert torch.autograd.gradgradcheck(getattr(Gaussianise(), direction), at)
