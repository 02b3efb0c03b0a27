"""The training loop."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oodflow.bijections import reversible
from oodflow.data import TrainingBatches
from oodflow.errors import OodflowError
from oodflow.training.config import TrainingConfig
from oodflow.training.guard import Snapshot, step_if
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
        lr: learning rate.
        outcome: loss, norm of the gradient and whether the step was taken, on the flow's device. To read one of the
            three is to wait until the step is done: on a GPU, better not at every step.
    """

    step: int
    steps: int
    lr: float
    outcome: Tensor

    @property
    def loss(self) -> float:
        """The objective, in nats an image."""
        return self._values[0]

    @property
    def grad_norm(self) -> float:
        """Norm of the gradient before clipping."""
        return self._values[1]

    @property
    def skipped(self) -> bool:
        """Whether the step was skipped because loss or gradient was not finite."""
        return not self._values[2]

    @cached_property
    def _values(self) -> list[float]:
        return [float(value) for value in self.outcome.tolist()]


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
        Diverged: when more than ``config.max_skipped`` steps in a row are not finite. On a GPU they are counted when
            ``config.log_every`` comes round, for looking means waiting.
    """
    if state.step == 0:
        state.initialise(*load_batch(batches, 0, state.device))
    while state.step < config.steps:
        start = time.perf_counter()
        images, noise = load_batch(batches, state.step, state.device)
        report = take_step(state, images, noise, config, objective)
        if state.device.type == "cpu" or state.step % config.log_every == 0 or state.step == config.steps:
            _require_progress(state, config)
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

    # A forward pass whose numbers are not finite would leave them in the batch norms' running statistics.
    statistics = Snapshot(buffer for buffer in state.flow.buffers() if buffer.dtype != torch.bool)
    state.optimiser.zero_grad()
    with convolutions(config):
        with autocast(config, images.device), reversible(config.memory == "reversible"):
            loss = objective(state.flow, images, noise)
        loss.backward()  # type: ignore[no-untyped-call]
    grad_norm = clip_gradients(state.optimiser, config.max_grad_norm)

    finite = loss.detach().isfinite() & grad_norm.isfinite()
    step_if(state.optimiser, finite)
    statistics.restore_unless(finite)
    state.count_step(finite)
    return StepReport(state.step, config.steps, lr, torch.stack([loss.detach(), grad_norm, finite]))


def load_batch(batches: TrainingBatches, step: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Fetch the images of a step, uint8 ``[B, C, H, W]``, and draw their noise."""
    images = _moved(batches.at(step), device)
    return images, training_noise(images, batches.seed, step)


def training_noise(images: Tensor, seed: int, step: int) -> Tensor:
    """Draw the dequantisation noise of a step: float32 in [0, 1), a function of (seed, step)."""
    noise = np.random.default_rng((seed, step, 1)).random(tuple(images.shape), dtype=np.float32)
    return _moved(noise, images.device)


def autocast(config: TrainingConfig, device: torch.device) -> torch.autocast:
    """Return the context that runs the st-networks in ``config.precision``; the flow itself stays in float32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=config.precision == "bfloat16")


def convolutions(config: TrainingConfig) -> AbstractContextManager[None]:
    """Return the context for a GPU's convolutions, forward and backward: the fastest, in TF32 only where it may be."""
    tf32 = config.precision != "float32"
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=tf32)
    return flags


def _moved(array: NDArray[Any], device: torch.device) -> Tensor:
    tensor = torch.from_numpy(array)
    # From pinned memory a GPU fetches the data by itself, while the CPU goes on.
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def _require_progress(state: TrainState, config: TrainingConfig) -> None:
    if state.skipped_in_a_row > config.max_skipped:
        raise Diverged(
            f"training diverged: {state.skipped_in_a_row} steps in a row up to step {state.step} had a loss or "
            f"gradient that is not finite. Try a lower training.lr than "
            f"{config.lr:g}, a longer training.warmup_steps or a smaller training.max_grad_norm."
        )
