"""What speaks and writes for a training: of several processes the first one has it."""

from collections.abc import Mapping
from contextlib import suppress

from oodflow import ranks
from oodflow.data import DataSet, TrainingBatches
from oodflow.runs.config import RunConfig
from oodflow.runs.run_dir import RunDir
from oodflow.runs.starting_weights import read_start
from oodflow.session.best import take_best
from oodflow.session.checkpoints import Checkpoints, restore
from oodflow.session.history import History
from oodflow.session.journal import Board, Log
from oodflow.session.monitor import Monitor
from oodflow.session.options import SessionOptions
from oodflow.session.soundness import OF_NO_USE
from oodflow.session.training_record import TrainingRecord
from oodflow.training import Callback, Diverged, TrainingConfig, TrainState


class Desk:
    """Log, monitor, checkpoints and record of a training in its run directory.

    Args:
        run: where it writes.
        config: of the run.
        state: a new one, which begins with what the run's checkpoint has, if there is one, or its starting weights.
        sets: what is trained on, by the name of the part.
        batches: of the training data.
        options: whom to tell.
        history: what has happened to the training before.
    """

    def __init__(
        self,
        run: RunDir,
        config: RunConfig,
        state: TrainState,
        sets: Mapping[str, DataSet],
        batches: TrainingBatches,
        options: SessionOptions,
        history: History,
    ) -> None:
        training = config.training
        assert training is not None, "it is to be trained"
        self.run, self.say, self._also = run, options.say, options.callbacks
        notes = restore(run, config, state, options.say)
        if config.start is not None and state.step == 0:
            state.begin_with(read_start(config, state.flow.shape).state_dict())
        retreating = history.retreating
        change = history.go_on(state, notes, config)
        self.board = Board(run.tensorboard_dir, state.step)
        log = Log(run.log_file, training.log_every, self.board, notes.get("unlogged", []))
        log.forget_after(state.step)  # before the monitor reads what it has seen
        self.log = log
        self.monitor = Monitor(config, state.flow, run, log, self.board, options.root, options.say)
        record = TrainingRecord(run, config, sets, options.command)
        self.checkpoints = Checkpoints(
            run, config, record, log, batches, training.checkpoint_every, history, lambda: self.monitor.sound
        )
        self.checkpoints.step = state.step or None
        run.write_config(config)
        if retreating:
            record.write(state, batches, history)  # now: it may never come as far as to a checkpoint
        self._say_what(config, training, sets)
        if change:
            self.say(f"From step {change.step + 1:,} on with {change.words}.")

    def callbacks(self, stop: Callback) -> list[Callback]:
        """What is to be called after each step, ``stop`` among them: only what has been saved is stopped."""
        best = self.monitor.best
        return [self.log, self.monitor, *self._also, self.checkpoints, stop, *([best] if best is not None else [])]

    def finish(self, state: TrainState, retreats: int) -> None:
        """Save the end of a training.

        Raises:
            Diverged: after the last of ``retreats``, for a flow that is of no use.
        """
        if not self.monitor.sound:
            raise Diverged(f"after step {state.step} the log-probabilities of calibration data {OF_NO_USE}", retreats)
        self.checkpoints.save(state, finished=True)
        if self.monitor.best is not None:
            take_best(self.run)
            best = self.monitor.best.patience.step
            self.say(f"The weights after step {best:,} of {state.step:,} were the best, and are kept.")
        if state.skipped:
            self.say(f"{state.skipped:,} of {state.step:,} steps were skipped: loss or gradient was not finite.")

    def interrupted(self, state: TrainState) -> str:
        """Save where a training stands that is to stop, and say how to go on."""
        self.checkpoints.save(state)
        saved = "saved" if self.checkpoints.step == state.step else self.checkpoints.on_disk
        return f"{saved}. Go on with `oodflow train --resume {self.run.path}`"

    def failed(self, state: TrainState) -> None:
        """Save the whole steps since the last checkpoint if that can be done, and say what is left of a training."""
        with suppress(Exception):
            self.checkpoints.save(state)
        with suppress(OSError, SystemExit):
            self.say(f"Training failed in step {state.step + 1}; {self.checkpoints.on_disk}.")

    def close(self) -> None:
        """Close what is open."""
        self.board.close()

    def _say_what(self, config: RunConfig, training: TrainingConfig, sets: Mapping[str, DataSet]) -> None:
        data, *others = (
            f"{len(images):,} {images.unit} of {images.name}" + (f" ({images.note})" if images.note else "")
            for images in sets.values()
        )
        several = f", by {ranks.count()} processes" if ranks.count() > 1 else ""
        self.say(f"Training {config.flow.kind} on {data} in {self.run.path}{several}")
        if config.start is not None:
            self.say(f"It begins with the weights of {config.start.path}.")
        if others:
            self.say(f"With the objective {config.objective.kind}, beside them on {' and '.join(others)}.")
        if training.compile:
            self.say("The layers are compiled in the first step, which takes longer.")
