"""The training loop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from oodflow import ranks
from oodflow.data import TrainingBatches
from oodflow.errors import OodflowError, UsageError
from oodflow.training.config import TrainingConfig
from oodflow.training.gradients import Gradients, compute_gradients, gradients_of
from oodflow.training.guard import Snapshot, step_if
from oodflow.training.objectives import MaximumLikelihood, Objective
from oodflow.training.optimiser import clip_gradients, learning_rate
from oodflow.training.parallel import Evaluate, require_even_shares, shared_by_ranks
from oodflow.training.state import TrainState
from oodflow.training.streams import DATA, Batch, chunks, load_batch, load_part

LIKELIHOOD = MaximumLikelihood()


RETREAT = 0.25
"""By what the learning rate is multiplied in each retreat."""


class Diverged(OodflowError):
    """Too many steps in a row had a loss or gradient that is not finite.

    Attributes:
        retreats: how often training had gone back before.
    """

    def __init__(self, message: str, retreats: int = 0) -> None:
        super().__init__(message, retreats)  # all that it takes to make it again in another process
        self.retreats = retreats

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class StepReport:
    """What one step did; callbacks get it.

    Attributes:
        step: steps done, this one included.
        steps: steps in all.
        lr: learning rate.
        names: of the objective's terms.
        outcome: loss, norm of the gradient, whether the step was taken, and the terms, on the flow's device. To read
            any of them is to wait until the step is done: on a GPU, better not at every step.
    """

    step: int
    steps: int
    lr: float
    names: tuple[str, ...]
    outcome: Tensor

    @property
    def loss(self) -> float:
        """What the objective gave."""
        return self._values[0]

    @property
    def grad_norm(self) -> float:
        """Norm of the gradient before clipping."""
        return self._values[1]

    @property
    def skipped(self) -> bool:
        """Whether the step was skipped because loss or gradient was not finite."""
        return not self._values[2]

    @property
    def terms(self) -> dict[str, float]:
        """The objective's terms by name, such as ``bpd``."""
        return dict(zip(self.names, self._values[3:], strict=True))

    @cached_property
    def _values(self) -> list[float]:
        return [float(value) for value in self.outcome.tolist()]


Callback = Callable[[TrainState, StepReport], None]


def train(
    state: TrainState,
    batches: TrainingBatches,
    config: TrainingConfig,
    *,
    objective: Objective = LIKELIHOOD,
    streams: Mapping[str, TrainingBatches] | None = None,
    callbacks: Sequence[Callback] = (),
) -> None:
    """Train ``state.flow`` from ``state.step`` to ``config.steps``, calling every callback after each step.

    Batches and noise are functions of (seed, step), so a run that was stopped and resumed takes the very steps that it
    would have taken. So do several processes (:mod:`oodflow.ranks`) that share each batch, to rounding: all call this
    alike, from the same state, each with callbacks of its own.

    Args:
        state: where to start; changed in place.
        batches: what is trained on.
        config: how.
        objective: what is minimised.
        streams: batches of the parts that the objective wants beside the training data, by name; see
            :func:`~oodflow.training.streams.stream`.
        callbacks: called with the state and the step's report.

    Raises:
        UsageError: when a part that the objective wants is missing, or processes can't share a batch evenly.
        Diverged: when more than ``config.max_skipped`` steps in a row were not finite; on a GPU this is noticed when
            ``config.log_every`` comes round, for looking means waiting.
    """
    parts = {DATA: batches, **(streams or {})}
    if missing := objective.streams.keys() - parts.keys():
        raise UsageError(f"{objective.kind} trains on {', '.join(sorted(missing))} too: pass its batches in streams.")
    for each in parts.values():
        require_even_shares(each.batch_size)
    if state.step == 0 and not state.begun:
        state.flow.domain.fit(chunks(batches.image_set, state.device))
        state.initialise(*load_part(batches, 0, state.device))
    gradients, evaluate = gradients_of(config, state.device), shared_by_ranks(state.flow, objective)
    with state.clock.running():
        while state.step < config.steps:
            report = take_step(
                state, load_batch(parts, state.step, state.device, state.retreats), config, evaluate, gradients
            )
            if state.device.type == "cpu" or state.step % config.log_every == 0 or state.step == config.steps:
                _require_progress(state, config)
            for callback in callbacks:
                callback(state, report)


def take_step(
    state: TrainState,
    batch: Batch,
    config: TrainingConfig,
    objective: Evaluate,
    gradients: Gradients = compute_gradients,
) -> StepReport:
    """Take one optimiser step, or leave everything as it was where loss or gradient is not finite."""
    with state.changing():
        state.flow.train()
        lr = learning_rate(config, state.step) * RETREAT**state.retreats
        for group in state.optimiser.param_groups:
            group["lr"] = lr

        # A forward pass whose numbers are not finite would leave them in the batch norms' running statistics.
        statistics = Snapshot(buffer for buffer in state.flow.buffers() if buffer.dtype != torch.bool)
        try:
            loss, terms = gradients(state, batch, config, objective)
            grad_norm = clip_gradients(state.clipped, config.max_grad_norm)
        except BaseException:  # no memory, say: nothing else has changed so far, and the steps before can be saved
            statistics.restore()
            state.whole = True
            raise

        finite = ranks.all_agree(loss.detach().isfinite() & grad_norm.isfinite())
        step_if(state.optimiser, finite)
        statistics.restore_unless(finite)
        state.count_step(finite)
    outcome = torch.stack([loss.detach(), grad_norm, finite, *(term.detach() for term in terms.values())])
    return StepReport(state.step, config.steps, lr, tuple(terms), outcome)


def _require_progress(state: TrainState, config: TrainingConfig) -> None:
    if state.skipped_in_a_row > config.max_skipped:
        raise Diverged(
            f"training diverged: {state.skipped_in_a_row} steps in a row up to step {state.step} had a loss or "
            f"gradient that is not finite. Try a lower training.lr than {config.lr:g}, a longer training.warmup_steps "
            "or a smaller training.max_grad_norm.",
            state.retreats,
        )
