"""A run directory for a checkpoint of the original's code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from oodflow.data import load
from oodflow.files import digest
from oodflow.flows import save_flow
from oodflow.interop import original_flow
from oodflow.interop.original_checkpoint import read_checkpoint
from oodflow.recipes.named import RECIPES
from oodflow.recipes.tables import PUBLISHED_DOMAIN
from oodflow.runs.config import RunConfig
from oodflow.runs.provenance import provenance
from oodflow.runs.record import ImportFacts, RunRecord
from oodflow.runs.run_dir import RunDir
from oodflow.training.streams import chunks

SPLIT: Literal["train+calibration"] = "train+calibration"
"""What the original trains on: it has no calibration part."""


@dataclass(frozen=True)
class OriginalRun:
    """What the original's training was told.

    Attributes:
        cls: its class.
        kwargs: what the constructor was called with.
        data: our name of what it was trained on.
        standardised: whether that was standardised beside the flow, by the training rows of its class.
        flags: its command line, for the record.
    """

    cls: str
    kwargs: Mapping[str, Any]
    data: str
    standardised: bool
    flags: Mapping[str, Any]


def import_original(
    checkpoint: Path, origin: OriginalRun, out: Path, *, command: str, root: Path | None = None
) -> RunDir:
    """Write a run directory that holds the flow of a checkpoint.

    Args:
        checkpoint: what the original saved, or its state-dict as safetensors.
        origin: what the original's training was told.
        out: the run directory.
        command: what the user typed, for the record.
        root: where data sets lie.

    Raises:
        UsageError: when ``out`` already holds something, or the weights do not fit the arguments.
        OodflowError: when the checkpoint can't be read, or the rows are missing that tell how data was standardised,
            for the checkpoint does not.
    """
    run = RunDir.new(out)
    weights = read_checkpoint(checkpoint)
    flow, flow_config = original_flow(weights.state_dict, origin.cls, origin.kwargs)
    if origin.standardised:
        flow.domain = PUBLISHED_DOMAIN.build(flow.shape)
        flow.domain.fit(chunks(load(origin.data, SPLIT, root=root), flow.device))
        flow.config = flow_config = flow_config.model_copy(update={"domain": PUBLISHED_DOMAIN})
    config = RunConfig(
        recipe=f"original-{origin.cls}",
        scale="imported",
        data=origin.data,
        split=SPLIT,
        ood=_ood(origin.data),
        flow=flow_config,
        training=None,
    )
    save_flow(run.weights_file, flow)
    facts: dict[str, Any] = {
        "checkpoint": checkpoint.name,
        "sha256": digest(checkpoint),
        "epoch": weights.epoch,
        "original_class": origin.cls,
        "arguments": dict(origin.kwargs),
        "flags": dict(origin.flags),
        "parameters": sum(parameter.numel() for parameter in flow.parameters()),
    }
    imported = ImportFacts.model_validate(provenance(command).model_dump() | facts)
    RunRecord(config=config, imported=imported).write(run.record_file)
    run.write_config(config)  # last, for it is what makes the folder a run
    return run


def _ood(data: str) -> tuple[str, ...]:
    """Ask about what our recipe of this data set asks about."""
    recipe = RECIPES.get(f"{data.replace('_', '-')}-realnvp")
    return recipe("cpu").ood if recipe else ()
