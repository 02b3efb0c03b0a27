"""Saving where a training stands, so that nothing is lost."""

from collections.abc import Callable
from typing import Any

from oodflow.data import TrainingBatches
from oodflow.errors import Damaged, NotThere, OodflowError
from oodflow.files import also_as
from oodflow.flows import save_flow
from oodflow.runs.config import RunConfig
from oodflow.runs.going_on import FREE
from oodflow.runs.places import movable
from oodflow.runs.run_dir import STEP, RunDir
from oodflow.session.history import History
from oodflow.session.journal import Log
from oodflow.session.training_record import TrainingRecord
from oodflow.training import StepReport, TrainState


class Checkpoints:
    """Writes checkpoint, weights and record together, every so often and when asked; the checkpoint before is kept.

    Only whole steps are saved, of flows that can be asked about data in distribution, and none that was skipped: its
    weights gave something that is not finite, and what stands on disk is better.

    Attributes:
        step: the step of the state on disk; none if nothing has been written.
    """

    def __init__(
        self,
        run: RunDir,
        config: RunConfig,
        record: TrainingRecord,
        log: Log,
        batches: TrainingBatches,
        every: int,
        history: History,
        sound: Callable[[], bool] = lambda: True,
    ) -> None:
        self.run, self.config, self.record, self.log = run, config, record, log
        self.batches, self.every, self.history, self.sound = batches, every, history, sound
        self.step: int | None = None

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Save, when it is time."""
        if report.step % self.every == 0:
            self.save(state)

    def save(self, state: TrainState, *, finished: bool = False) -> None:
        """Save, if the state is whole, and sound or nothing better will come."""
        if not state.whole or not self.sound() or (state.skipped_in_a_row and not finished):
            return
        if self.step != state.step and self.run.checkpoint_file.exists():
            also_as(self.run.checkpoint_file, self.run.former_checkpoint_file)
        state.save(self.run.checkpoint_file, self.config, {"unlogged": self.log.unlogged(), **self.history.notes()})
        with state.evaluating() as flow:
            save_flow(self.run.weights_file, flow, notes={STEP: str(state.step)})
        self.record.write(state, self.batches, self.history)
        self.step = state.step

    @property
    def on_disk(self) -> str:
        """Say what was saved."""
        if self.step is None:
            return f"nothing was saved in {self.run.path}, for no step before was sound and a checkpoint"
        return f"the state after step {self.step} is saved in {self.run.path}"


def restore(run: RunDir, config: RunConfig, state: TrainState, say: Callable[[str], None]) -> dict[str, Any]:
    """Take over the last sound checkpoint of a run, if it has been begun, and return its notes.

    Where the last one is damaged, and the one before it is not, it is said that training goes on from that.

    Raises:
        OodflowError: the run has been trained and no sound checkpoint is left, or that is of another configuration.
    """
    last, former = run.checkpoint_file, run.former_checkpoint_file
    if not (last.exists() or former.exists()):
        record = run.record()
        if steps := record.training.steps if record and record.training else 0:
            raise OodflowError(
                f"{last} is gone, without which training can't go on after step {steps:,}: put it back, use the "
                "weights as they are, or train anew in another folder."
            )
        return {}
    free = FREE | movable(config)
    try:
        return state.restore(last, config, free)
    except (Damaged, NotThere) as error:
        if not former.exists():
            raise
        try:
            notes = state.restore(former, config, free)
        except Damaged as other:
            raise Damaged(
                f"{error} Nor can training go on from the checkpoint before it: {other} Train anew in another folder, "
                "or put one of them back."
            ) from other
        former.replace(last)  # before anything that is saved next takes its place
        say(f"{error} The checkpoint before it is sound: training goes on after step {state.step:,}.")
        return notes


def drop_last(run: RunDir) -> None:
    """Let the checkpoint before the last one take its place, if there is one: no step can be taken from the last."""
    if run.former_checkpoint_file.exists():
        run.former_checkpoint_file.replace(run.checkpoint_file)
