"""Saving where a training stands, so that nothing is lost."""

from oodflow.data import TrainingBatches
from oodflow.flows import save_flow
from oodflow.runs.config import RunConfig
from oodflow.runs.run_dir import RunDir
from oodflow.session.journal import Log
from oodflow.session.training_record import TrainingRecord
from oodflow.training import StepReport, TrainState


class Checkpoints:
    """Writes checkpoint, weights and record together, every so often and when asked.

    Only whole steps are saved, and none that was skipped: its weights gave something that is not finite, and what
    stands on disk is better.

    Attributes:
        step: the step of the state on disk; none if nothing has been written.
    """

    def __init__(
        self, run: RunDir, config: RunConfig, record: TrainingRecord, log: Log, batches: TrainingBatches, every: int
    ) -> None:
        self.run, self.config, self.record, self.log = run, config, record, log
        self.batches, self.every = batches, every
        self.step: int | None = None

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Save, when it is time."""
        if report.step % self.every == 0:
            self.save(state)

    def save(self, state: TrainState, *, finished: bool = False) -> None:
        """Save, if the state is whole, and sound or nothing better will come."""
        if not state.whole or (state.skipped_in_a_row and not finished):
            return
        state.save(self.run.checkpoint_file, self.config, {"unlogged": self.log.unlogged()})
        with state.evaluating() as flow:
            save_flow(self.run.weights_file, flow)
        self.record.write(state, self.batches)
        self.step = state.step

    @property
    def on_disk(self) -> str:
        """Say what was saved."""
        if self.step is None:
            return f"nothing was saved in {self.run.path}, for no step before was sound and a checkpoint"
        return f"the state after step {self.step} is saved in {self.run.path}"
