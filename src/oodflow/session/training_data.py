"""What a run is trained on: its data, and what its objective takes beside it."""

from pathlib import Path

from oodflow.data import DataSet, RealSet, load, same_images
from oodflow.errors import UsageError
from oodflow.runs.config import RunConfig
from oodflow.training.streams import DATA


def training_data(config: RunConfig, root: Path | None) -> dict[str, DataSet]:
    """Open every set that a run is trained on, by the name of the part; all are of the split of its data.

    Raises:
        UsageError: when a set can't be right, or the objective names none where it needs one.
        OodflowError: when a set is missing or damaged.
    """
    require_apart(config)
    specs = {DATA: config.data, **config.objective.streams}
    sets: dict[str, DataSet] = {name: load(spec, config.split, root=root) for name, spec in specs.items()}
    require_spread(sets[DATA])
    return sets


def require_apart(config: RunConfig) -> None:
    """Refuse, with a ``UsageError``, what is trained on in two ways, or asked about, too, by its name."""
    for spec in config.ood:
        if same_images(spec, config.data):
            raise UsageError(f"ood names {spec}, which is trained on: name other data sets, or none with ood=[].")
    for name, spec in config.objective.streams.items():
        if same_images(spec, config.data):
            raise UsageError(f"{spec} is data and also {name} of objective={config.objective.kind}: name another set.")


def require_spread(data: DataSet) -> None:
    """Refuse rows that are all the same, for they have no density, with a ``UsageError``."""
    if isinstance(data, RealSet) and not data.varies:
        raise UsageError(
            f"all {len(data):,} rows of {data.name} are the same, so there is no spread to learn: take others."
        )
