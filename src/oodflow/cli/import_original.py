"""``oodflow import-original``."""

import json
import shlex
from argparse import Namespace

from oodflow.cli.display import result_console
from oodflow.cli.original_flags import (
    FLOW_FLAGS,
    TRAINING_FLAGS,
    TRAINING_SWITCHES,
    constructor_arguments,
    original_data,
)
from oodflow.errors import UsageError, unknown
from oodflow.experiments.import_original import Origin, import_original
from oodflow.interop import ORIGINAL_FLOWS


def run(arguments: Namespace) -> None:
    """Turn a checkpoint of the original into a run directory."""
    if arguments.flow not in ORIGINAL_FLOWS:
        raise unknown("flow", arguments.flow, ORIGINAL_FLOWS)
    if arguments.dataset is None:
        raise UsageError("--dataset is missing: it says what the flow was trained on and how large the images are.")
    data = original_data(arguments.dataset)
    given = {
        name: value
        for name in ("flow", "dataset", *FLOW_FLAGS, *TRAINING_FLAGS, *TRAINING_SWITCHES)
        if (value := getattr(arguments, name)) not in (None, False)
    }
    kwargs = constructor_arguments(arguments.flow, data.shape, FLOW_FLAGS | given)
    origin = Origin(arguments.flow, kwargs, data.name, given)
    run_dir = import_original(arguments.checkpoint, origin, arguments.out, command=shlex.join(arguments.command))
    imported = run_dir.record()["imported"]
    if arguments.json:
        print(json.dumps(imported, indent=2))
        return
    epoch = "" if imported["epoch"] is None else f" of epoch {imported['epoch']}"
    what = f"the original's {arguments.flow}{epoch}, {imported['parameters']:,} parameters"
    result_console.print(f"Wrote {run_dir.path}: {what}")
    if run_dir.config().ood:
        result_console.print(f"Next: oodflow evaluate {shlex.quote(str(run_dir.path))}")
