"""Training a recipe into a run directory."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from oodflow.data import DataSet, ImageSet, same_images
from oodflow.data.made_alike import require_made_alike
from oodflow.data.spec import with_shape
from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.runs.config import RunConfig
from oodflow.runs.ownership import owned
from oodflow.runs.run_dir import RunDir
from oodflow.session.best import Best, take_best
from oodflow.session.checkpoints import Checkpoints, drop_last, restore
from oodflow.session.interrupt import Interrupted, stop_between_steps
from oodflow.session.journal import Board, Log
from oodflow.session.monitor import Monitor, watched_split
from oodflow.session.patience import NoImprovement
from oodflow.session.training_data import training_data
from oodflow.session.training_record import TrainingRecord
from oodflow.statistics import require_columns, require_shape
from oodflow.training import Callback, Diverged, TrainingConfig, TrainState, choose_device, seeded, stream, train
from oodflow.training.loop import RETREAT
from oodflow.training.streams import DATA


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
        UsageError: when ``out`` already holds something, the flow does not fit the data, or what is trained on is asked
            about.
        OodflowError: when data is missing or damaged, nothing can be written, another process trains there, or training
            diverges.
        Interrupted: after Ctrl-C, with everything saved.
    """
    _require_alone()
    for spec in config.ood:
        if same_images(spec, config.data):
            raise UsageError(f"ood names {spec}, which is trained on: name other data sets, or none with ood=[].")
    RunDir.new(out)
    with owned(out):
        run = RunDir.new(out)  # now that nobody else can begin there
        _train(run, config, options)
    return run


def resume(run: RunDir, options: SessionOptions) -> None:
    """Train a run to its end, from its checkpoint where there is one; errors as :func:`start`."""
    _require_alone()
    run.require_writable()
    with owned(run.path):
        _resume(run, options)


def _require_alone() -> None:
    """Refuse to be one of several processes that a launcher has started to train together: each would train it all.

    Raises:
        UsageError: there are several.
    """
    if (world := os.environ.get("WORLD_SIZE", "1")) not in ("", "1"):
        raise UsageError(
            f"WORLD_SIZE is {world}, but a run is trained by one process: start `oodflow train` by itself."
        )


def _resume(run: RunDir, options: SessionOptions) -> None:
    config = run.config()
    steps = _training(config).steps
    record = run.record()
    taken = record.training.steps if record and record.training and run.weights_file.exists() else 0
    patience = config.monitor.patience
    ended = bool(taken) and patience is not None and Best(run, watched_split(config), patience).patience.ended
    if taken == steps or ended:
        take_best(run)
        why = f"all its {steps:,} steps are taken" if taken == steps else f"nothing better had come by step {taken:,}"
        options.say(f"{run.path} is finished: {why}.")
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


RETREATS = 3
"""How often a training that diverges goes back to its last sound checkpoint."""


def _train(run: RunDir, config: RunConfig, options: SessionOptions) -> None:
    """Train to the end. What diverges would do so again: it goes on from where it was sound, otherwise.

    Raises:
        Diverged: it went back often enough.
    """
    retreats = 0
    while True:
        try:
            return _attempt(run, config, options, retreats)
        except Diverged as error:
            retreats = error.retreats + 1
            if retreats > RETREATS:
                raise
            rate = f"{RETREAT**retreats:.2g} of the learning rate"
            options.say(f"{error} It goes on from there, or begins anew, with {rate} and other noise.")


def _attempt(run: RunDir, config: RunConfig, options: SessionOptions, retreats: int) -> None:
    # Nothing is written before all has been made ready: a mistake should not leave a run behind that can't be begun.
    training = _training(config)
    sets = training_data(config, options.root)
    streams = {name: stream(images, name, training.batch_size, training.seed) for name, images in sets.items()}
    state = _state(config, training, sets, options.device)
    notes = restore(run, config, state, options.say)
    state.retreats = max(state.retreats, retreats)
    board = Board(run.tensorboard_dir, state.step)
    log = Log(run.log_file, training.log_every, board, notes.get("unlogged", []))
    log.forget_after(state.step)  # before the monitor reads what it has seen
    monitor = Monitor(config, state.flow, run, log, board, options.root, options.say)
    record, batches = TrainingRecord(run, config, sets, options.command), streams.pop(DATA)
    checkpoints = Checkpoints(run, config, record, log, batches, training.checkpoint_every, lambda: monitor.sound)
    began = state.step
    checkpoints.step = began or None
    run.write_config(config)

    _say_what(run, config, training, sets, options)
    try:
        with stop_between_steps() as stop:
            callbacks: list[Callback] = [log, monitor, *options.callbacks, checkpoints, stop]
            if monitor.best is not None:
                callbacks.append(monitor.best)
            with suppress(NoImprovement):
                train(state, batches, training, objective=config.objective, streams=streams, callbacks=callbacks)
            if not monitor.sound:
                raise Diverged(
                    f"after step {state.step} the log-probabilities of calibration data are not finite: this flow is "
                    "of no use. Train it with a lower training.lr, or fewer steps.",
                    RETREATS,
                )
            checkpoints.save(state, finished=True)
        if monitor.best is not None:
            take_best(run)
            best = monitor.best.patience.step
            options.say(f"The weights after step {best:,} of {state.step:,} were the best, and are kept.")
        if state.skipped:
            options.say(f"{state.skipped:,} of {state.step:,} steps were skipped: loss or gradient was not finite.")
    except Interrupted as error:
        checkpoints.save(state)
        saved = "saved" if checkpoints.step == state.step else checkpoints.on_disk
        message = f"{error}; {saved}. Go on with `oodflow train --resume {run.path}`."
        raise Interrupted(message, error.exit_code) from error
    except Diverged as error:
        if began and state.step - state.skipped_in_a_row <= began:  # it is no better than what came after it
            drop_last(run)
        raise Diverged(f"{error} Meanwhile {checkpoints.on_disk}.", error.retreats) from error
    except (Exception, SystemExit):  # the latter where nobody reads our output any more
        with suppress(Exception):  # whatever it was, whole steps since the last checkpoint are worth a try
            checkpoints.save(state)
        with suppress(OSError, SystemExit):
            options.say(f"Training failed in step {state.step + 1}; {checkpoints.on_disk}.")
        raise
    finally:
        board.close()


def _say_what(
    run: RunDir, config: RunConfig, training: TrainingConfig, sets: Mapping[str, DataSet], options: SessionOptions
) -> None:
    data, *others = (
        f"{len(images):,} {images.unit} of {images.name}" + (f" ({images.note})" if images.note else "")
        for images in sets.values()
    )
    options.say(f"Training {config.flow.kind} on {data} in {run.path}")
    if others:
        options.say(f"With the objective {config.objective.kind}, beside them on {' and '.join(others)}.")
    if training.compile:
        options.say("The layers are compiled in the first step, which takes longer.")


def _training(config: RunConfig) -> TrainingConfig:
    if config.training is None:
        raise UsageError(f"this {config.flow.kind} was trained elsewhere: it can be evaluated, but not trained on.")
    return config.training


def _state(config: RunConfig, training: TrainingConfig, sets: Mapping[str, DataSet], device: str) -> TrainState:
    with seeded(training.seed):
        flow = _flow(config, sets[DATA])
    for name, images in sets.items():
        if name != DATA:
            require_columns(sets[DATA].columns, images)
            require_shape(flow, images)
            require_made_alike(config.data, images.name)
    return TrainState.start(flow, training, choose_device(device))


def _flow(config: RunConfig, images: DataSet) -> Flow:
    if isinstance(images, ImageSet) != config.flow.domain.is_images:
        other = (
            "one over 8-bit images" if isinstance(images, ImageSet) else "such as that of the recipe tabular-realnvp"
        )
        raise UsageError(
            f"data={config.data} holds {images.unit}, and this {config.flow.kind} is over "
            f"{'8-bit images' if config.flow.domain.is_images else 'real tensors'}: take another flow, {other}."
        )
    try:
        return config.flow.build(images.shape)
    except UsageError as error:
        if not isinstance(images, ImageSet):
            raise UsageError(f"this {config.flow.kind} can't be built for {config.data}: {error}") from error
        shape = "x".join(map(str, images.shape))
        raise UsageError(
            f"this {config.flow.kind} can't be built for the {shape} images of {config.data}: {error} "
            f"Change flow's settings, or the images' size with data={with_shape(config.data, 'CxHxW')}."
        ) from error
