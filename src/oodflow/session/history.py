"""What happens to a training beside its steps: settings that change on the way, and retreats from divergence."""

from collections.abc import Mapping
from typing import Any

from oodflow.runs.config import RunConfig
from oodflow.runs.going_on import FREE, Change, Retreat, changed
from oodflow.runs.run_dir import RunDir
from oodflow.training import TrainState
from oodflow.training.loop import RETREAT

RATE = "training.lr"


class History:
    """The changes and retreats of a run so far. Every checkpoint has them; retreats in vain only the record has.

    Attributes:
        changes: of settings, in the order of their steps.
        retreats: those of former sessions, too.
    """

    def __init__(self, run: RunDir) -> None:
        record = run.record()
        self.changes: tuple[Change, ...] = ()
        self.retreats = record.training.retreats if record and record.training else ()
        self._diverged: tuple[int, int] | None = None
        self._in_session = 0

    @property
    def retreating(self) -> bool:
        """Whether the training has diverged, and not gone on since."""
        return self._diverged is not None

    def go_on(self, state: TrainState, notes: Mapping[str, Any], config: RunConfig) -> Change | None:
        """Take over what a checkpoint knows, and tell which settings are others from here on.

        A rate that is set anew is meant as it is: former retreats have no part in it.
        """
        self.changes = tuple(Change.parse(one) for one in notes.get("changes", ()))
        known = tuple(Retreat.parse(one) for one in notes.get("retreats", ()))
        self.retreats = max(self.retreats, known, key=len)
        was = {name: then for name, then in notes.get("was", {}).items() if name in FREE}  # data may have moved
        change = changed(state.step, was, config)
        if change:
            self.changes += (change,)
            state.retreats = 0 if RATE in change.was else state.retreats
        state.retreats = max(state.retreats, self._in_session)
        if self._diverged:
            step, skipped = self._diverged
            rate = RETREAT**state.retreats
            self.retreats += (Retreat(diverged=step, skipped=skipped, step=state.step, rate=rate),)
            self._diverged = None
        return change

    def diverged(self, state: TrainState) -> None:
        """Note that the training can't go on from here."""
        self._diverged = state.step, state.skipped_in_a_row
        self._in_session = state.retreats + 1

    def notes(self) -> dict[str, Any]:
        """Give what a checkpoint shall keep."""
        return {
            "changes": [change.as_dict() for change in self.changes],
            "retreats": [retreat.as_dict() for retreat in self.retreats],
        }
