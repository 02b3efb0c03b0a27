"""The record of a run: what it is, and how its flow came to be."""

from collections.abc import Mapping
from typing import Any, ClassVar

from oodflow.records import Record
from oodflow.runs.config import RunConfig
from oodflow.runs.provenance import Provenance
from oodflow.runs.training_facts import TrainingFacts


class ImportFacts(Provenance):
    """Where an imported flow came from; provenance is that of the import.

    Attributes:
        checkpoint: name of the file.
        sha256: digest of its content.
        epoch: of the training that it was saved after; none: it does not say.
        original_class: class of the flow in the original's code.
        arguments: what its constructor was called with.
        flags: the original's command line.
        parameters: how many numbers the flow has.
    """

    checkpoint: str
    sha256: str
    epoch: int | None
    original_class: str
    arguments: dict[str, Any]
    flags: dict[str, Any]
    parameters: int


def _with_plain_names(old: Mapping[str, Any]) -> dict[str, Any]:
    """Migrate the first version, which had the word ``class``."""
    imported = old.get("imported")
    if imported is None:
        return dict(old)
    names = {"class": "original_class"}
    return {**old, "imported": {names.get(name, name): value for name, value in imported.items()}}


class RunRecord(Record):
    """What stands in ``record.json``.

    Attributes:
        config: the run's configuration.
        training: how it was trained; none for an imported flow.
        imported: where it came from; none for a flow that was trained here.
        evaluation: an evaluation, as it was stored; see :class:`oodflow.evaluation.record.Evaluation`.
    """

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: _with_plain_names}
    remedy: ClassVar[str] = "remove it; training writes it anew"

    config: RunConfig
    training: TrainingFacts | None = None
    imported: ImportFacts | None = None
    evaluation: dict[str, Any] | None = None

    @property
    def begun(self) -> TrainingFacts | ImportFacts | None:
        """How its flow came to be; none: it has not been trained yet."""
        return self.training or self.imported

    @property
    def seed(self) -> int:
        """Seed of its training; 0 for an imported flow, whose seed is not known."""
        return self.config.training.seed if self.config.training else 0
