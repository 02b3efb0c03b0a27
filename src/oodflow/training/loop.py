"""The training loop."""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from oodflow.data import TrainingBatches
from oodflow.errors import OodflowError
from oodflow.training.config import TrainingConfig
from oodflow.training.objective import Objective, negative_log_likelihood
from oodflow.training.optimiser import clip_gradients, learning_rate
from oodflow.training.state import TrainState


class Diverged(OodflowError):
    """Too many steps in a row had a loss or gradient that is not finite."""


@dataclass(frozen=True)
class StepReport:
    """What one step did; callbacks get it.

    Attributes:
        step: steps done, this one included.
        steps: steps in all.
        loss: the objective, in nats an image.
        grad_norm: norm of the gradient before clipping.
        lr: learning rate.
        skipped: whether the step was skipped because loss or gradient was not finite.
    """

    step: int
    steps: int
    loss: float
    grad_norm: float
    lr: float
    skipped: bool


Callback = Callable[[TrainState, StepReport], None]


def train(
    state: TrainState,
    batches: TrainingBatches,
    config: TrainingConfig,
    *,
    objective: Objective = negative_log_likelihood,
    callbacks: Sequence[Callback] = (),
) -> None:
    """Train ``state.flow`` from ``state.step`` to ``config.steps``, calling every callback after each step.

    Batches and noise are functions of (seed, step), so a run that was stopped and resumed takes the very steps that it
    would have taken.

    Raises:
        Diverged: when more than ``config.max_skipped`` steps in a row are not finite.
    """
    if state.step == 0:
        images = torch.from_numpy(batches.at(0)).to(state.device)
        state.initialise(images, training_noise(images, config.seed, 0))
    while state.step < config.steps:
        start = time.perf_counter()
        images = torch.from_numpy(batches.at(state.step)).to(state.device)
        noise = training_noise(images, config.seed, state.step)
        report = take_step(state, images, noise, config, objective)
        state.seconds += time.perf_counter() - start
        for callback in callbacks:
            callback(state, report)


def take_step(
    state: TrainState, images: Tensor, noise: Tensor, config: TrainingConfig, objective: Objective
) -> StepReport:
    """Take one optimiser step, or leave everything as it was where loss or gradient is not finite."""
    state.flow.train()
    lr = learning_rate(config, state.step)
    for group in state.optimiser.param_groups:
        group["lr"] = lr

    statistics = [(buffer, buffer.clone()) for buffer in state.flow.buffers() if buffer.dtype != torch.bool]
    with autocast(config, images.device):
        loss = objective(state.flow, images, noise)
    state.optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    grad_norm = clip_gradients(state.optimiser, config.max_grad_norm).item()

    value = loss.item()
    finite = math.isfinite(value) and math.isfinite(grad_norm)
    state.step += 1
    if finite:
        state.optimiser.step()
        state.skipped_in_a_row = 0
        if state.average is not None:
            state.average.update(state.flow, state.step)
    else:
        # The forward pass has already put what is not finite into the batch norms' running statistics.
        for buffer, before in statistics:
            buffer.copy_(before)
        state.skipped += 1
        state.skipped_in_a_row += 1
        if state.skipped_in_a_row > config.max_skipped:
            raise Diverged(
                f"training diverged: {state.skipped_in_a_row} steps in a row up to step {state.step} had a loss or "
                f"gradient that is not finite. Try a lower training.lr than "
                f"{config.lr:g}, a longer training.warmup_steps or a smaller training.max_grad_norm."
            )
    return StepReport(state.step, config.steps, value, grad_norm, lr, not finite)


def training_noise(images: Tensor, seed: int, step: int) -> Tensor:
    """Draw the dequantisation noise of a step: float32 in [0, 1), a function of (seed, step)."""
    noise = np.random.default_rng((seed, step, 1)).random(tuple(images.shape), dtype=np.float32)
    return torch.from_numpy(noise).to(images.device)


def autocast(config: TrainingConfig, device: torch.device) -> torch.autocast | nullcontext[None]:
    """Return the context that runs the st-networks in ``config.precision``."""
    if config.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)
