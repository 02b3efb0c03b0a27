"""Loss and gradients of a step, computed kernel by kernel, or recorded once by a GPU and replayed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from oodflow import ranks
from oodflow.bijections import reversible
from oodflow.training.config import TrainingConfig
from oodflow.training.objectives import Loss
from oodflow.training.parallel import Evaluate
from oodflow.training.state import TrainState
from oodflow.training.streams import Batch, Part

Gradients = Callable[[TrainState, Batch, TrainingConfig, Evaluate], Loss]
"""Sets the gradients of ``state.flow`` and returns the loss."""


def compute_gradients(state: TrainState, batch: Batch, config: TrainingConfig, objective: Evaluate) -> Loss:
    """Evaluate the objective and leave its gradients in the parameters."""
    state.optimiser.zero_grad()
    with convolutions(config):
        with autocast(config, state.device), reversible(config.memory == "reversible"):
            loss = objective(state.flow, batch)
        loss.value.backward()  # type: ignore[no-untyped-call]
    return loss


def gradients_of(config: TrainingConfig, device: torch.device) -> Gradients:
    """Choose how a training computes its gradients: with ``config.cuda_graph`` a GPU replays them.

    Several processes exchange them while they are computed, which is not recorded.
    """
    replays = config.cuda_graph and device.type == "cuda" and ranks.count() == 1
    return Replay() if replays else compute_gradients


class Replay:
    """The same as :func:`compute_gradients`, for a GPU: the kernels of a step are recorded once, and then replayed.

    A replay reads the batch from where it lay at the recording, so every batch is copied there, and writes loss and
    gradients to where they were then, so the parameters get those back. The first steps run as ever: they make what is
    made once, such as the choice of algorithms.
    """

    WARM_UP = 3

    def __init__(self) -> None:
        self._warm = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._batch: dict[str, Part]
        self._loss: Loss
        self._gradients: list[tuple[nn.Parameter, Tensor | None]]

    def __call__(self, state: TrainState, batch: Batch, config: TrainingConfig, objective: Evaluate) -> Loss:
        """Set the gradients and return the loss, which holds until the next call."""
        if self._warm < self.WARM_UP:
            self._warm += 1
            return _aside(lambda: compute_gradients(state, batch, config, objective))
        if self._graph is None:
            self._batch = {name: Part(*(tensor.clone() for tensor in part)) for name, part in batch.items()}
            self._graph = torch.cuda.CUDAGraph()
            state.optimiser.zero_grad()  # the recording makes gradients of its own
            with torch.cuda.graph(self._graph):
                self._loss = compute_gradients(state, self._batch, config, objective)
            self._gradients = [(parameter, parameter.grad) for parameter in state.flow.parameters()]
        for name, part in batch.items():
            for held, tensor in zip(self._batch[name], part, strict=True):
                held.copy_(tensor, non_blocking=True)
        self._graph.replay()
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        return self._loss


def autocast(config: TrainingConfig, device: torch.device) -> torch.autocast:
    """Return the context that runs the st-networks in ``config.precision``; the flow itself stays in float32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=config.precision == "bfloat16")


def convolutions(config: TrainingConfig) -> AbstractContextManager[None]:
    """Return the context for a GPU's convolutions, forward and backward, in TF32 only where it may be.

    The fastest are found by trying, and what is found may differ from run to run; or those that repeat are taken.
    """
    tf32, fixed = config.precision != "float32", config.deterministic
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=not fixed, deterministic=fixed, allow_tf32=tf32
    )
    return flags


def _aside(compute: Callable[[], Loss]) -> Loss:
    """Compute on a stream of its own, as what precedes a recording must be."""
    stream: torch.cuda.Stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        loss = compute()
    torch.cuda.current_stream().wait_stream(stream)
    return loss
