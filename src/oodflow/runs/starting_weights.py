"""Weights that a training begins with, in place of random ones: fine-tuning."""

from pathlib import Path

from oodflow.config import differences
from oodflow.data import same_set
from oodflow.errors import NotThere, OodflowError, UsageError
from oodflow.files import digest
from oodflow.flows import Flow, load_flow
from oodflow.runs.config import RunConfig, StartingWeights
from oodflow.runs.run_dir import RunDir


def begin_from(config: RunConfig, path: Path) -> RunConfig:
    """Return a configuration whose training begins with the weights of a run, or of a file.

    Args:
        config: how to train on.
        path: the folder of a run, or a ``weights.safetensors`` by itself, which says nothing of its data.

    Raises:
        UsageError: there is no such file, or it is of another flow than the configuration's; or what is held out now
            has been trained on.
        OodflowError: the weights are damaged, or there are none yet.
    """
    run = RunDir.open(path) if path.is_dir() else None
    file = path if run is None else run.weights_file
    if not file.is_file():
        remedy = f"finish it with `oodflow train --resume {path}`" if run else "name a run, or a weights.safetensors"
        raise NotThere(f"there is no {file} to begin with: {remedy}.")
    known = None if run is None else run.config()
    data, whole = (known.trained_on, known.trained_on_whole) if known else ((), ())
    if config.split == "train" and any(same_set(spec, config.data) for spec in whole):
        raise UsageError(
            f"{path} was trained on train+calibration of {config.data}, so that nothing is held out from its weights: "
            "set split=train+calibration, too."
        )
    start = StartingWeights(path=str(file), digest=digest(file), data=data, whole=whole)
    begun = config.model_copy(update={"start": start})
    read_start(begun)
    return begun


def read_start(config: RunConfig, shape: tuple[int, ...] | None = None) -> Flow:
    """Read the flow that a training begins with, on the CPU.

    Args:
        config: of the training.
        shape: of its data, where that is known.

    Raises:
        UsageError: it is another than the configuration's.
        OodflowError: the file is gone or damaged, or another than it was.
    """
    start = config.start
    assert start is not None, "asked of such configurations alone"
    path = Path(start.path)
    flow = load_flow(path)
    if digest(path) != start.digest:
        raise OodflowError(f"{path} is another file than this training was begun with: begin a new run with it.")
    if flow.config is None:
        raise UsageError(f"{path} is of a flow that no configuration builds, and no recipe's: name another.")
    if shape is not None and flow.shape != shape:
        raise UsageError(f"the weights of {path} are of a flow over {flow.shape}, and {config.data} is {shape}.")
    differ = differences(flow.config.model_dump(mode="json"), config.flow.model_dump(mode="json"))
    if differ:
        here = ", ".join(f"flow.{name} is {now}" for name, (_, now) in list(differ.items())[:3])
        there = " ".join(f"flow.{name}={then}" for name, (then, _) in list(differ.items())[:3])
        raise UsageError(f"the weights of {path} are of another flow than this one, whose {here}: set {there}.")
    return flow
