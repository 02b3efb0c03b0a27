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
from oodflow.errors import UnknownName, UsageError
from oodflow.interop import ORIGINAL_FLOWS
from oodflow.paper.import_original import OriginalRun, import_original


def run(arguments: Namespace) -> None:
    """Turn a checkpoint of the original into a run directory."""
    if arguments.dataset is None:
        raise UsageError("--dataset is missing: it says what the flow was trained on and how large the images are.")
    data = original_data(arguments.dataset)
    cls = arguments.flow or ("RealNVP" if len(data.shape) == 3 else "RealNVPTabular")
    if cls not in ORIGINAL_FLOWS:
        raise UnknownName("flow", cls, ORIGINAL_FLOWS)
    given = {
        name: value
        for name in ("flow", "dataset", *FLOW_FLAGS, *TRAINING_FLAGS, *TRAINING_SWITCHES)
        if (value := getattr(arguments, name)) is not None and value is not False
    }
    kwargs = constructor_arguments(cls, data.shape, FLOW_FLAGS | given)
    origin = OriginalRun(cls, kwargs, data.name, data.standardised, given)
    command = shlex.join(arguments.command)
    run_dir = import_original(arguments.checkpoint, origin, arguments.out, command=command, root=arguments.data_dir)
    record = run_dir.record()
    assert record is not None, "it was written just now"
    assert record.imported is not None, "it says where the flow came from"
    if arguments.json:
        print(json.dumps(record.imported.as_dict(), indent=2))
        return
    epoch = "" if record.imported.epoch is None else f" of epoch {record.imported.epoch}"
    what = f"the original's {cls}{epoch}, {record.imported.parameters:,} parameters"
    result_console.print(f"Wrote {run_dir.path}: {what}")
    if run_dir.config().ood:
        result_console.print(f"Next: oodflow evaluate {shlex.quote(str(run_dir.path))}")
