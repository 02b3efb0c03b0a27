"""Training a recipe into a run directory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

from oodflow import ranks
from oodflow.data import DataSet
from oodflow.errors import OodflowError, UsageError
from oodflow.ownership import owned
from oodflow.runs.config import RunConfig
from oodflow.runs.going_on import require_free
from oodflow.runs.overlap import overlaps_ahead
from oodflow.runs.overrides import override
from oodflow.runs.places import restated, restates, told_where_else, trained_on
from oodflow.runs.run_dir import RunDir
from oodflow.session.best import Best, take_best
from oodflow.session.checkpoints import drop_last
from oodflow.session.desk import Desk
from oodflow.session.history import History
from oodflow.session.initial_state import initial_state
from oodflow.session.interrupt import Interrupted, stop_between_steps
from oodflow.session.monitor import watched_split
from oodflow.session.options import SessionOptions
from oodflow.session.patience import NoImprovement
from oodflow.session.training_data import require_apart, training_data
from oodflow.session.training_record import TrainingRecord
from oodflow.training import (
    Callback,
    Diverged,
    StepReport,
    TrainingConfig,
    TrainState,
    stream,
    train,
)  # fmt: skip
from oodflow.training.loop import RETREAT
from oodflow.training.parallel import require_even_shares
from oodflow.training.streams import DATA


def start(config: RunConfig, out: Path, options: SessionOptions) -> RunDir:
    """Train a configuration in a new run directory.

    Raises:
        UsageError: when ``out`` already holds something, the flow does not fit the data, or what is trained on is asked
            about.
        OodflowError: when data is missing or damaged, nothing can be written, another process trains there, or training
            diverges.
        Interrupted: after Ctrl-C, with everything saved.
    """
    _require_joined()
    if ranks.restarted() and RunDir(out).config_file.exists():
        return train_or_open(config, out, options)
    require_apart(config)
    run = ranks.from_first(lambda: _new(config, out, options))
    with _owned(run):
        ranks.from_first(lambda: RunDir.new(out))  # now that nobody else can begin there
        _train(run, config, options)
    return run


def _new(config: RunConfig, out: Path, options: SessionOptions) -> RunDir:
    """Name the folder of a new run, and say what of its data is in and out of distribution."""
    run = RunDir.new(out)
    for note in overlaps_ahead(config, options.root):
        options.say(note)
    return run


def resume(run: RunDir, options: SessionOptions, settings: Sequence[str] = ()) -> None:
    """Train a run to its end, from its checkpoint where there is one; a finished one goes on where it gets more steps.

    Args:
        run: the run.
        options: how to run the training.
        settings: what is to be otherwise from now on, as for :func:`~oodflow.runs.override`: the rate, steps, and what
            else changes neither flow nor data.

    Raises:
        UsageError: a setting can't change, or would change nothing, for the run is finished; and as :func:`start`.
    """
    _require_joined()
    ranks.from_first(run.require_writable)
    with _owned(run):
        _resume(run, options, settings)


def _require_joined() -> None:
    """Refuse to be one of several processes that do not know one another: each would train it all.

    Raises:
        UsageError: they have not been joined.
    """
    if ranks.launched() != ranks.count():
        raise UsageError(
            f"WORLD_SIZE is {ranks.launched()}, but this process has not joined the others: train within "
            "oodflow.ranks.joined(), as `oodflow train` does, or take WORLD_SIZE away."
        )


@contextmanager
def _owned(run: RunDir) -> Iterator[None]:
    """Own a run's folder, for all processes, in the block."""
    with ExitStack() as stack:
        with ranks.everywhere():
            if ranks.is_first():
                stack.enter_context(owned(run.path))
        yield


def _resume(run: RunDir, options: SessionOptions, settings: Sequence[str]) -> None:
    config, finished = ranks.from_first(lambda: _going_on(run, options, settings))
    if not finished:
        _train(run, config, options)


def _going_on(run: RunDir, options: SessionOptions, settings: Sequence[str]) -> tuple[RunConfig, bool]:
    """Tell what a run goes on with, and whether nothing is left to be trained, which is said."""
    begun = run.config()
    _training(begun)
    places = [setting for setting in settings if restates(begun, setting)]
    here = restated(begun, places)
    config = override(here, [setting for setting in settings if setting not in places])
    require_free(here, config, run.path)
    steps, taken = _training(config).steps, _taken(run)
    if not _at_its_end(run, config, options.say):
        return config, False
    why = f"all its {taken:,} steps are taken" if taken >= steps else f"nothing better had come by step {taken:,}"
    if _training(here).steps > taken >= steps:
        raise UsageError(
            f"{run.path} has taken {taken:,} of its {_training(here).steps:,} steps, and training.steps={steps} leaves "
            "none to take: set a larger one, or use its weights as they are."
        )
    if config != here or taken > steps:
        remedy = "training.steps" if taken >= steps else "monitor.patience"
        raise UsageError(f"{run.path} is finished: {why}; set a larger {remedy}, too, for it to go on.")
    take_best(run)
    options.say(f"{run.path} is finished: {why}.")
    if here != begun:
        _move(run, here, options)
    return config, True


def is_finished(run: RunDir) -> bool:
    """Tell whether a run's training has come to its end, be it that nothing better came for long enough."""
    return run.config_file.exists() and _at_its_end(run, run.config(), lambda line: None)


def _at_its_end(run: RunDir, config: RunConfig, say: Callable[[str], None]) -> bool:
    """Tell whether a configuration leaves nothing to be trained: no steps, and no looks that may bring something."""
    taken, looks = _taken(run), config.monitor.patience
    if taken >= _training(config).steps:
        return True
    return bool(taken) and looks is not None and Best(run, watched_split(config), looks, say).patience.ended


def _taken(run: RunDir) -> int:
    """Tell after how many steps the weights are that stand in a run's folder; 0: there are none."""
    record = run.record()
    return record.training.steps if record and record.training and run.weights_file.exists() else 0


def _move(run: RunDir, config: RunConfig, options: SessionOptions) -> None:
    """Write down that data of a finished run lie elsewhere, once they are seen to be what it was trained on."""
    with told_where_else(config, run.path):
        TrainingRecord(run, config, training_data(config, options.root), options.command).write_places()
    run.write_config(config)
    options.say(f"Its data now lie in {', '.join(trained_on(config).values())}.")


def train_or_open(config: RunConfig, path: Path, options: SessionOptions) -> RunDir:
    """Open the run of a configuration, trained first where it is not there and to its end where it was stopped.

    For notebooks: the first time a cell takes as long as training does, from then on a moment.

    Raises:
        UsageError: when ``path`` holds a run of another configuration; otherwise errors as :func:`start`.
    """
    run = RunDir(path)
    begun = ranks.from_first(lambda: (run.config(), run.written_config()) if run.config_file.exists() else None)
    if begun is None:
        return start(config, path, options)
    if config not in begun:
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
    history = ranks.from_first(lambda: History(run))
    while True:
        try:
            return _attempt(run, config, options, history)
        except Diverged as error:
            retreats = error.retreats + 1
            if retreats > RETREATS:
                raise
            rate = f"{RETREAT**retreats:.2g} of the learning rate"
            if ranks.is_first():
                options.say(f"{error} It goes on from there, or begins anew, with {rate} and other noise.")


def _attempt(run: RunDir, config: RunConfig, options: SessionOptions, history: History) -> None:
    # Nothing is written before all has been made ready: a mistake should not leave a run behind that can't be begun.
    training = _training(config)
    with ranks.everywhere():
        with told_where_else(config, run.path) if run.config_file.exists() else nullcontext():
            sets = training_data(config, options.root)
        streams = {name: stream(images, name, training.batch_size, training.seed) for name, images in sets.items()}
        require_even_shares(training.batch_size)
        state = initial_state(config, training, sets, options.device)
    _require_the_same(sets)
    batches, desk = streams.pop(DATA), None
    with ranks.everywhere():
        if ranks.is_first():
            desk = Desk(run, config, state, sets, batches, options, history)
    state.follow_first()
    began = state.step
    try:
        with stop_between_steps() as stop, suppress(NoImprovement):
            callbacks = [_together(desk.callbacks(stop) if desk else [stop])]
            train(state, batches, training, objective=config.objective, streams=streams, callbacks=callbacks)
        with ranks.everywhere():
            if desk:
                desk.finish(state, RETREATS)
    except Interrupted as error:
        if desk:
            raise Interrupted(f"{error}; {desk.interrupted(state)}.", error.exit_code) from error
        ranks.hush(error)
        raise
    except Diverged as error:
        if desk:
            history.diverged(state)
        if desk and began and state.step - state.skipped_in_a_row <= began:  # it is no better than what came after it
            drop_last(run)
        if desk:
            raise Diverged(f"{error} Meanwhile {desk.checkpoints.on_disk}.", error.retreats) from error
        ranks.hush(error)
        raise
    except (Exception, SystemExit):  # the latter where nobody reads our output any more
        if desk:
            desk.failed(state)
        raise
    finally:
        if desk:
            desk.close()


def _together(callbacks: Sequence[Callback]) -> Callback:
    """Let what one process' callbacks raise, be it that it was asked to stop, be raised on all of them."""

    def callback(state: TrainState, report: StepReport) -> None:
        with ranks.everywhere():
            for each in callbacks:
                each(state, report)

    return callback


def _require_the_same(sets: Mapping[str, DataSet]) -> None:
    """Refuse processes that have different data.

    Raises:
        OodflowError: naming the set.
    """
    for name, data in sets.items():
        found = set(ranks.from_all(data.fingerprint))
        with ranks.everywhere():
            if len(found) > 1:
                raise OodflowError(
                    f"the processes have {len(found)} different sets of {name} by the name {data.name}: give all of "
                    "them the same files."
                )


def _training(config: RunConfig) -> TrainingConfig:
    if config.training is None:
        raise UsageError(f"this {config.flow.kind} was trained elsewhere: it can be evaluated, but not trained on.")
    return config.training
