"""Weight-decay groups, schedule and clipping."""

import math

import pytest
import torch

from oodflow.flows import GlowConfig, RealNVPConfig
from oodflow.nets import ResNetConfig
from oodflow.recipes import RECIPES
from oodflow.training import (
    OPTIMISERS,
    SCHEDULES,
    TrainingConfig,
    build_optimiser,
    clip_gradients,
    clipping_groups,
    is_gain,
    learning_rate,
)  # fmt: skip


def config(**settings) -> TrainingConfig:
    return TrainingConfig(**{"steps": 100, "lr": 1.0, **settings})


def test_gains_alone_are_decayed_as_in_the_original():
    flow = RealNVPConfig(width=4, net=ResNetConfig(blocks=1)).build((1, 8, 8))
    decayed, others = build_optimiser(flow, config(weight_decay=5e-5)).param_groups
    assert (decayed["weight_decay"], others["weight_decay"]) == (5e-5, 0)
    names = {id(parameter): name for name, parameter in flow.named_parameters()}
    chosen = {names[id(parameter)] for parameter in decayed["params"]}
    assert chosen == {name for name in names.values() if name.endswith(("weight.original0", "rescale"))}
    convolutions = sum(isinstance(module, torch.nn.Conv2d) for module in flow.modules())
    assert len(chosen) == convolutions + 10  # a gain for each convolution, a rescale for each of 10 couplings
    assert len(decayed["params"]) + len(others["params"]) == len(names)


def test_all_parameters_are_decayed_where_the_original_does():
    flow = GlowConfig(steps=1, width=4).build((1, 8, 8))
    (group,) = build_optimiser(flow, config(weight_decay=5e-5, decay="all")).param_groups
    assert group["weight_decay"] == 5e-5
    assert len(group["params"]) == len(list(flow.parameters()))


@pytest.mark.parametrize("name", OPTIMISERS)
def test_optimisers_have_pytorchs_defaults(name):
    flow = GlowConfig(steps=1, width=4).build((1, 8, 8))
    optimiser = build_optimiser(flow, config(optimiser=name, lr=0.1))
    reference = OPTIMISERS[name](flow.parameters())
    for key, value in reference.defaults.items():
        if key not in ("lr", "weight_decay"):
            assert optimiser.defaults[key] == value, key


def test_schedules():
    assert set(SCHEDULES) == {"constant", "cosine", "anneal"}
    rates = {
        name: [learning_rate(config(schedule=name), step) for step in (0, 50, 79, 80, 90, 99)] for name in SCHEDULES
    }
    assert rates["constant"] == [1] * 6
    assert rates["anneal"] == [1, 1, 1, 0.5, 0.25, 0.25]
    assert rates["cosine"] == pytest.approx([0.5 * (1 + math.cos(math.pi * s / 100)) for s in (0, 50, 79, 80, 90, 99)])


def test_warm_up_rises_linearly_to_the_rate():
    rates = [learning_rate(config(warmup_steps=4), step) for step in range(6)]
    assert rates == [0.25, 0.5, 0.75, 1, 1, 1]


def test_each_group_is_clipped_by_itself_and_the_norm_of_all_is_told():
    one, two = (torch.nn.Parameter(torch.zeros(2)) for _ in range(2))
    one.grad, two.grad = torch.tensor([3.0, 4.0]), torch.tensor([0.6, 0.8])
    assert clip_gradients([[one], [two]], 2.0).item() == pytest.approx(math.sqrt(26))
    assert one.grad.norm().item() == pytest.approx(2.0, rel=1e-4)
    assert torch.equal(two.grad, torch.tensor([0.6, 0.8]))


@pytest.mark.parametrize("decay", ["gains", "all"])
def test_what_is_clipped_together_does_not_depend_on_what_is_decayed(decay):
    flow = RealNVPConfig(width=4, net=ResNetConfig(blocks=1)).build((1, 8, 8))
    names = {id(parameter): name for name, parameter in flow.named_parameters()}
    gains, others = clipping_groups(flow, config(decay=decay))
    assert all(is_gain(names[id(parameter)]) for parameter in gains)
    assert not any(is_gain(names[id(parameter)]) for parameter in others)
    assert len(gains) + len(others) == len(names)
    (everything,) = clipping_groups(flow, config(decay=decay, clip="together"))
    assert [id(parameter) for parameter in everything] == list(names)


def test_paper_scale_clips_as_the_original_which_clips_each_group_of_its_optimiser():
    clip = {name: RECIPES[name]("paper").training.clip for name in ("fashion-mnist-realnvp", "fashion-mnist-glow")}
    assert clip == {"fashion-mnist-realnvp": "apart", "fashion-mnist-glow": "together"}


def test_without_a_limit_nothing_is_clipped():
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.tensor([1e6])
    assert clip_gradients([[parameter]], None).item() == 1e6
    assert parameter.grad.item() == 1e6
