"""Optimiser, weight-decay groups, learning-rate schedule and clipping."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from oodflow.training.config import TrainingConfig

# Fused where PyTorch has it: one pass over the weights, and a step that is not finite is skipped on the device.
OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adamax": torch.optim.Adamax,
    "adamw": partial(torch.optim.AdamW, fused=True),
    "rmsprop": torch.optim.RMSprop,
}

# Fraction of the run done -> factor of the learning rate.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,
    "cosine": lambda done: 0.5 * (1 + math.cos(math.pi * done)),
    "anneal": lambda done: 1.0 if done < 0.8 else 0.5 if done < 0.9 else 0.25,
}


def build_optimiser(flow: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """Build the optimiser with two groups: the parameters that weight decay pulls on, and the others."""
    decayed, others = _everything(flow) if config.decay == "all" else _gains_and_others(flow)
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    build = partial(OPTIMISERS[config.optimiser], lr=config.lr)
    return build([group for group in groups if group["params"]])


def clipping_groups(flow: nn.Module, config: TrainingConfig) -> list[list[nn.Parameter]]:
    """List the parameters whose gradients are clipped together, as ``config.clip`` says."""
    groups = _everything(flow) if config.clip == "together" else _gains_and_others(flow)
    return [group for group in groups if group]


def is_gain(name: str) -> bool:
    """Tell whether a parameter is a weight-norm gain, or a coupling's bound on its log-scale, which acts like one.

    Example:
        >>> is_gain("net.in_conv.parametrizations.weight.original0"), is_gain("net.in_conv.bias")
        (True, False)
    """
    return name.endswith(("parametrizations.weight.original0", "rescale"))


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Return the learning rate of ``step``, counted from 0: warm-up times schedule."""
    warmup = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    return config.lr * warmup * SCHEDULES[config.schedule](step / config.steps)


def clip_gradients(groups: list[list[nn.Parameter]], max_norm: float | None) -> Tensor:
    """Clip the gradient of each group to ``max_norm``, as the authors do, and return the norm of all before that."""
    norms = [nn.utils.clip_grad_norm_(group, math.inf if max_norm is None else max_norm) for group in groups]
    total: Tensor = torch.linalg.vector_norm(torch.stack(norms))
    return total


def _gains_and_others(flow: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    gains: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in flow.named_parameters():
        (gains if is_gain(name) else others).append(parameter)
    return gains, others


def _everything(flow: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    return list(flow.parameters()), []
