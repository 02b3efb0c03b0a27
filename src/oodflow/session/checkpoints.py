"""Writing down where a training stands, so that nothing is lost."""

from oodflow.data import TrainingBatches
from oodflow.flows import save_flow
from oodflow.runs.config import RunConfig
from oodflow.runs.run_dir import RunDir
from oodflow.session.training_record import TrainingRecord
from oodflow.training import StepReport, TrainState


class Keeper:
    """Writes checkpoint, weights and record together, every so often and when asked.

    A state whose last step was skipped is not kept: its weights gave something that is not finite, and what stands on
    disk is better.

    Attributes:
        step: the step of the state on disk; none if nothing has been written.
    """

    def __init__(
        self, run: RunDir, config: RunConfig, record: TrainingRecord, batches: TrainingBatches, every: int
    ) -> None:
        self.run, self.config, self.record, self.batches, self.every = run, config, record, batches, every
        self.step: int | None = None

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Save, when it is time."""
        if report.step % self.every == 0:
            self.save(state)

    def save(self, state: TrainState, *, finished: bool = False) -> None:
        """Save, if the state is sound or nothing better will come."""
        if state.skipped_in_a_row and not finished:
            return
        state.save(self.run.checkpoint_file, self.config.model_dump_json())
        with state.evaluating() as flow:
            save_flow(self.run.weights_file, flow)
        self.record.write(state, self.batches)
        self.step = state.step

    @property
    def kept(self) -> str:
        """Say what is on disk."""
        if self.step is None:
            return f"nothing was saved in {self.run.path}, for no step before was sound and a checkpoint"
        return f"the state after step {self.step} is saved in {self.run.path}"
