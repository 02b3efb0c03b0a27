"""The section ``training`` of a run's record: how the training was begun, on what, and how far it has come."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from oodflow.runs.going_on import Change, Retreat
from oodflow.runs.provenance import DataFacts, Provenance


class TrainingFacts(Provenance):
    """Provenance is that of the beginning, since this is what repeats the run; times are those of all sessions.

    Attributes:
        data: what is trained on.
        streams: what the objective takes beside it, by the name of the part.
        places: where a user's own data lie, by their names and from the run's folder on.
        resumed: each time that it was gone on with.
        changes: settings that became others on the way, in the order of their steps; those of the run's configuration
            are the last.
        retreats: each time that it diverged and went back.
        parameters: how many numbers are trained.
        processes: that have shared the work of the last session.
        device: of the last session.
        steps: taken.
        epochs: passes over ``data``.
        skipped_steps: those that were not finite.
        seconds_in_steps: time in training alone.
        seconds: time of the sessions, with looks and savings.
        images_per_second: of ``data``, in training alone; none before the first step.
    """

    data: DataFacts
    streams: dict[str, DataFacts] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)
    resumed: tuple[Provenance, ...] = ()
    changes: tuple[Change, ...] = ()
    retreats: tuple[Retreat, ...] = ()
    parameters: int
    processes: int = 1
    device: str
    steps: int
    epochs: float
    skipped_steps: int
    seconds_in_steps: float
    seconds: float
    images_per_second: float | None

    @property
    def threads_in_all(self) -> int:
        """Threads of all processes."""
        return self.threads * self.processes

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what has not happened, as records did before it could."""
        written: dict[str, Any] = write(self)
        absent = {"places": {}, "changes": (), "retreats": (), "processes": 1}
        return {name: value for name, value in written.items() if name not in absent or value not in (absent[name], [])}
