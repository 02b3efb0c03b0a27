"""Writing down how a training was begun, on what, how often it was resumed, and how far it came."""

import time
from collections.abc import Mapping
from typing import Any

from oodflow import ranks
from oodflow.data import DataSet, TrainingBatches
from oodflow.runs.config import RunConfig
from oodflow.runs.own_data import require_same
from oodflow.runs.places import places_of
from oodflow.runs.provenance import describe, provenance
from oodflow.runs.record import RunRecord
from oodflow.runs.run_dir import RunDir
from oodflow.runs.training_facts import TrainingFacts
from oodflow.session.history import History
from oodflow.training import TrainState
from oodflow.training.streams import DATA


class TrainingRecord:
    """The section ``training`` of a run's record. Of a resumed run it keeps the beginning, and times add up.

    Args:
        run: the run, new or begun.
        config: its configuration.
        sets: what it trains on, by the name of the part.
        command: what the user typed.

    Raises:
        OodflowError: when the run was begun on other images.
    """

    def __init__(self, run: RunDir, config: RunConfig, sets: Mapping[str, DataSet], command: str) -> None:
        self.run, self.config = run, config
        record = run.record()
        self.evaluation = record.evaluation if record else None
        begun = record.training if record else None
        if begun:
            for name, facts in {DATA: begun.data, **begun.streams}.items():
                require_same(facts, sets[name], run)
            self.facts: dict[str, Any] = begun.model_dump() | {"resumed": [*begun.resumed, provenance(command)]}
        else:
            described = {name: describe(images) for name, images in sets.items()}
            self.facts = provenance(command).model_dump() | {"data": described.pop(DATA), "streams": described}
        self.facts["places"] = places_of(config, run.path)
        self.began = time.perf_counter() - (begun.seconds if begun else 0.0)

    def write(self, state: TrainState, batches: TrainingBatches, history: History) -> None:
        """Write how far it has come, and by what ways."""
        images = state.step * batches.batch_size
        progress = {
            "parameters": sum(parameter.numel() for parameter in state.flow.parameters()),
            "processes": ranks.count(),
            "device": str(state.device),
            "steps": state.step,
            "epochs": round(state.step / batches.steps_per_epoch, 2),
            "skipped_steps": state.skipped,
            "seconds_in_steps": round(state.seconds, 1),
            "seconds": round(time.perf_counter() - self.began, 1),
            "images_per_second": round(images / state.seconds, 1) if state.seconds else None,
            "changes": history.changes,
            "retreats": history.retreats,
        }
        training = TrainingFacts.model_validate(self.facts | progress)
        record = RunRecord(config=self.config, training=training, evaluation=self.evaluation)
        record.write(self.run.record_file)

    def write_places(self) -> None:
        """Write where data lie, and nothing else that is new."""
        record = self.run.record()
        if record and record.training:
            training = record.training.model_copy(update={"places": self.facts["places"]})
            record.model_copy(update={"config": self.config, "training": training}).write(self.run.record_file)
