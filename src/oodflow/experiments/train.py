"""Training a recipe into a run directory."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from oodflow.data import TrainingBatches, load
from oodflow.errors import OodflowError
from oodflow.experiments.config import RunConfig
from oodflow.experiments.interrupt import Interrupted, stop_between_steps
from oodflow.experiments.monitor import Board, Log, Monitor
from oodflow.experiments.record import describe, provenance
from oodflow.experiments.run_dir import RunDir
from oodflow.flows import save_flow
from oodflow.training import Callback, Diverged, StepReport, TrainState, choose_device, seeded, train


def start(config: RunConfig, out: Path, *, command: str, root: Path | None = None, **options: object) -> RunDir:
    """Train a configuration in a new run directory; see :func:`go_on` for the options.

    Raises:
        UsageError: when ``out`` already holds something.
        OodflowError: when data is missing or damaged, nothing can be written, or training diverges.
        Interrupted: after Ctrl-C, with everything saved.
    """
    load(config.data, config.split, root=root)  # before anything is written
    run = RunDir.create(out, config)
    go_on(run, command=command, root=root, **options)  # type: ignore[arg-type]
    return run


def go_on(
    run: RunDir,
    *,
    command: str,
    root: Path | None = None,
    callbacks: Sequence[Callback] = (),
    say: Callable[[str], None] = print,
    device: str = "auto",
) -> None:
    """Train a run to its end, from its checkpoint where there is one.

    Args:
        run: the run.
        command: what the user typed, for the record.
        root: where data sets lie.
        callbacks: called after each step, for a progress display.
        say: takes lines for the user.
        device: ``auto``, ``cpu`` or ``cuda``; a run may go on on another one.
    """
    config = run.config()
    images = load(config.data, config.split, root=root)
    batches = TrainingBatches(images, config.training.batch_size, config.training.seed)
    with seeded(config.training.seed):
        flow = config.flow.build(images.shape)
    state = TrainState.start(flow, config.training, choose_device(device))
    config_json = config.model_dump_json()
    if run.checkpoint_file.exists():
        state.restore(run.checkpoint_file, config_json)

    board = Board(run.tensorboard_dir)
    log = Log(run.log_file, flow.dims, config.training.log_every, board)
    log.forget_after(state.step)
    monitor = Monitor(config, flow, run, log, board, root, say)

    def checkpoint(state: TrainState, report: StepReport) -> None:
        if report.step % config.training.checkpoint_every == 0:
            state.save(run.checkpoint_file, config_json)

    began = time.perf_counter()
    try:
        with stop_between_steps() as stop:
            train(state, batches, config.training, callbacks=[log, monitor, *callbacks, checkpoint, stop])
    except (Interrupted, Diverged) as error:
        state.save(run.checkpoint_file, config_json)
        raise _with_remedy(error, run, state) from error
    finally:
        board.close()

    state.save(run.checkpoint_file, config_json)
    with state.evaluating() as flow:
        save_flow(run.weights_file, flow, config.flow)
    run.update_record(
        config=config.model_dump(mode="json"),
        training=provenance(command)
        | {
            "data": describe(images),
            "parameters": sum(parameter.numel() for parameter in flow.parameters()),
            "device": str(state.device),
            "steps": state.step,
            "epochs": round(state.step / batches.steps_per_epoch, 2),
            "skipped_steps": state.skipped,
            "seconds_in_steps": round(state.seconds, 1),
            "seconds": round(time.perf_counter() - began, 1),
            "images_per_second": round(state.step * config.training.batch_size / state.seconds, 1),
        },
    )


def _with_remedy(error: OodflowError, run: RunDir, state: TrainState) -> OodflowError:
    if isinstance(error, Interrupted):
        return Interrupted(f"{error}; saved. Go on with `oodflow train --resume {run.path}`.", error.exit_code)
    return Diverged(f"{error} The state after step {state.step} is saved in {run.path}.")
