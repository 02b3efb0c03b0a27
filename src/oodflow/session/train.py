"""Training a recipe into a run directory."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from oodflow.data import ImageSet, TrainingBatches, load
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import Flow
from oodflow.runs.config import RunConfig
from oodflow.runs.run_dir import RunDir
from oodflow.session.checkpoints import Keeper
from oodflow.session.interrupt import Interrupted, stop_between_steps
from oodflow.session.journal import Board, Log
from oodflow.session.monitor import Monitor
from oodflow.session.training_record import TrainingRecord
from oodflow.training import Callback, Diverged, TrainingConfig, TrainState, choose_device, seeded, train


@dataclass(frozen=True)
class SessionOptions:
    """How to run a training, beside what its configuration says.

    Attributes:
        command: what the user typed, for the record.
        root: where data sets lie.
        callbacks: called after each step, for a progress display.
        say: takes lines for the user.
        device: ``auto``, ``cpu`` or ``cuda``; a run may go on on another one.
    """

    command: str
    root: Path | None = None
    callbacks: Sequence[Callback] = ()
    say: Callable[[str], None] = print
    device: str = "auto"


def start(config: RunConfig, out: Path, options: SessionOptions) -> RunDir:
    """Train a configuration in a new run directory.

    Raises:
        UsageError: when ``out`` already holds something, or the flow does not fit the data.
        OodflowError: when data is missing or damaged, nothing can be written, or training diverges.
        Interrupted: after Ctrl-C, with everything saved.
    """
    run = RunDir.new(out)
    _train(run, config, options)
    return run


def resume(run: RunDir, options: SessionOptions) -> None:
    """Train a run to its end, from its checkpoint where there is one; errors as :func:`start`."""
    run.require_writable()
    config = run.config()
    steps = _training(config).steps
    record = run.record()
    if run.weights_file.exists() and record and record.training and record.training.steps == steps:
        options.say(f"{run.path} is finished: all its {steps:,} steps are taken.")
        return
    _train(run, config, options)


def train_or_open(config: RunConfig, path: Path, options: SessionOptions) -> RunDir:
    """Open the run of a configuration, trained first where it is not there and to its end where it was stopped.

    For notebooks: the first time a cell takes as long as training does, from then on a moment.

    Raises:
        UsageError: when ``path`` holds a run of another configuration; otherwise errors as :func:`start`.
    """
    run = RunDir(path)
    if not run.config_file.exists():
        return start(config, path, options)
    if run.config() != config:
        raise UsageError(f"{path} holds a run of another configuration than was asked for: choose another folder.")
    resume(run, options)
    return run


def _train(run: RunDir, config: RunConfig, options: SessionOptions) -> None:
    # Nothing is written before all has been made ready: a mistake should not leave a run behind that can't be begun.
    training = _training(config)
    images = load(config.data, config.split, root=options.root)
    batches = TrainingBatches(images, training.batch_size, training.seed)
    state = _state(run, config, training, images, options.device)
    board = Board(run.tensorboard_dir, state.step)
    log = Log(run.log_file, state.flow.dims, training.log_every, board)
    monitor = Monitor(config, state.flow, run, log, board, options.root, options.say)
    keeper = Keeper(
        run, config, TrainingRecord(run, config, images, options.command), batches, training.checkpoint_every
    )
    keeper.step = state.step or None
    run.write_config(config)
    log.forget_after(state.step)

    note = f" ({images.note})" if images.note else ""
    options.say(f"Training {config.flow.kind} on {len(images):,} images of {config.data}{note} in {run.path}")
    if training.compile:
        options.say("The st-networks are compiled in the first step, which takes longer.")
    try:
        with stop_between_steps() as stop:
            train(state, batches, training, callbacks=[log, monitor, *options.callbacks, keeper, stop])
            keeper.save(state, finished=True)
    except Interrupted as error:
        keeper.save(state)
        kept = "saved" if keeper.step == state.step else keeper.kept
        message = f"{error}; {kept}. Go on with `oodflow train --resume {run.path}`."
        raise Interrupted(message, error.exit_code) from error
    except Diverged as error:
        raise Diverged(f"{error} Meanwhile {keeper.kept}.") from error
    except Exception:
        with suppress(OodflowError):  # whatever it was, the steps since the last checkpoint are worth a try
            keeper.save(state)
        raise
    finally:
        board.close()


def _training(config: RunConfig) -> TrainingConfig:
    if config.training is None:
        raise UsageError(f"this {config.flow.kind} was trained elsewhere: it can be evaluated, but not trained on.")
    return config.training


def _state(run: RunDir, config: RunConfig, training: TrainingConfig, images: ImageSet, device: str) -> TrainState:
    with seeded(training.seed):
        flow = _flow(config, images)
    state = TrainState.start(flow, training, choose_device(device))
    if run.checkpoint_file.exists():
        state.restore(run.checkpoint_file, config.model_dump_json())
    return state


def _flow(config: RunConfig, images: ImageSet) -> Flow:
    try:
        return config.flow.build(images.shape)
    except UsageError as error:
        shape = "x".join(map(str, images.shape))
        raise UsageError(
            f"this {config.flow.kind} can't be built for the {shape} images of {config.data}: {error} "
            f"Change flow's settings, or the images' size with data={config.data.partition('?')[0]}?shape=CxHxW."
        ) from error
