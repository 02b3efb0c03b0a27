"""A small training, and objectives that something happens to."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from oodflow.data import ImageSet, TrainingBatches
from oodflow.flows import Flow, RealNVPConfig
from oodflow.nets import ResNetConfig
from oodflow.training import (
    Batch,
    Loss,
    MaximumLikelihood,
    TrainingConfig,
    TrainState,
    seeded,
    train,
)

SHAPE = (1, 8, 8)


CONFIG = TrainingConfig(steps=6, batch_size=8, lr=1e-3, ema_decay=0.9, warmup_steps=2, max_grad_norm=100.0)


def images() -> ImageSet:
    rows = np.random.default_rng(0).integers(0, 256, (64, 1, 8, 1), dtype=np.uint8)
    return ImageSet.from_array(np.repeat(rows, 8, axis=3))


def start(config: TrainingConfig, flow_config=None) -> TrainState:
    with seeded(config.seed):
        flow = (flow_config or RealNVPConfig(width=4, net=ResNetConfig(blocks=1))).build(SHAPE)
    return TrainState.start(flow, config)


def run(state: TrainState, config: TrainingConfig, **options) -> TrainState:
    train(state, TrainingBatches(images(), config.batch_size, config.seed), config, **options)
    return state


def tensors(flow: Flow) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in flow.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


class Changed(MaximumLikelihood):
    """Maximum likelihood with something done to its loss."""

    change: Callable[[Flow, Batch, Tensor], Tensor]

    def __call__(self, flow, batch):
        value, terms = super().__call__(flow, batch)
        return Loss(self.change(flow, batch, value), terms)


def poisoned(*at):
    """Maximum likelihood, but for some steps, counted from 1, whose loss is not a number."""
    calls = itertools.count(1)
    return Changed(change=lambda flow, batch, value: value * math.nan if next(calls) in at else value)
