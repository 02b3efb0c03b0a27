"""Under ``reversible`` nothing comes out differently: every flow, net, mask and composition."""

from itertools import product

import pytest
import torch
from torch import nn

from oodflow.bijections import MASKS, ActNorm, Chain, Conv1x1, MultiScale, Patchify, Squeeze, reversible
from oodflow.flows import FLOWS
from oodflow.nets import NETS, ConvNetConfig, ResNetConfig
from oodflow.testing.modules import randomise
from oodflow.transformers import TRANSFORMERS

from .small import Doubled, gradients, image, loss_of, net_coupling, small

COUPLING_FLOWS = [name for name in FLOWS if "mask" in FLOWS[name].model_fields]
MODES = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])


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
@pytest.mark.parametrize(("name", "net"), list(product(COUPLING_FLOWS, NETS)))
def test_with_every_net(name, net, training):
    torch.manual_seed(0)
    sizes = {"blocks": 2, "latent_dims": 3}
    config = NETS[net](**{field: size for field, size in sizes.items() if field in NETS[net].model_fields})
    assert_same_training(*small(name, net=config, steps=1, couplings=2), training=training)


@MODES
@pytest.mark.parametrize(("name", "transformer"), list(product(FLOWS, TRANSFORMERS)))
def test_with_every_transformer(name, transformer, training):
    torch.manual_seed(0)
    sizes = {"net": ConvNetConfig(actnorm=True)} if name in COUPLING_FLOWS else {}
    assert_same_training(*small(name, **sizes, transformer=transformer, steps=1, couplings=2), training=training)


@pytest.mark.parametrize(("name", "mask"), list(product(COUPLING_FLOWS, MASKS)))
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
