"""What a run is trained on: its data, and what its objective takes beside it."""

from pathlib import Path

from oodflow.data import DataSet, load, same_images
from oodflow.errors import UsageError
from oodflow.runs.config import RunConfig
from oodflow.training.streams import DATA


def training_data(config: RunConfig, root: Path | None) -> dict[str, DataSet]:
    """Open every set that a run is trained on, by the name of the part; all are of the split of its data.

    Raises:
        UsageError: when a set can't be right, or the objective names none where it needs one.
        OodflowError: when a set is missing or damaged.
    """
    streams = config.objective.streams
    for name, spec in streams.items():
        if same_images(spec, config.data):
            raise UsageError(f"{spec} is data and also {name} of objective={config.objective.kind}: name another set.")
    return {name: load(spec, config.split, root=root) for name, spec in {DATA: config.data, **streams}.items()}
