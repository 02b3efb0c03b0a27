"""Going on with a run otherwise than it was begun: which settings may change, and what is written down of it."""

from pathlib import Path
from typing import Any

from oodflow.config import differences
from oodflow.errors import UsageError
from oodflow.records import Record
from oodflow.runs.config import RunConfig

FREE = frozenset(
    [
        *(
            f"training.{name}"
            for name in (
                "steps", "lr", "schedule", "warmup_steps", "weight_decay", "max_grad_norm", "clip", "max_skipped",
                "precision", "deterministic", "compile", "cuda_graph", "memory", "log_every", "checkpoint_every",
            )
        ),
        "training.ema_decay", "monitor.every", "monitor.samples", "monitor.patience",
    ]
)  # fmt: skip
"""Settings that a run may go on with others of: they change neither flow nor data, nor what its state is made of."""

IF_ANY = ("training.ema_decay", "monitor.patience")
"""Those that go on with another value, but neither begin nor end: what they count or keep begins with the training."""

REASONS = {
    "flow": "the weights are of that flow",
    "data": "it is what the weights know, and what its results are held against",
    "split": "it is what the weights know, and what its results are held against",
    "objective": "it is what the weights were trained for",
    "training.seed": "the order of the data follows from it, of which a part is done",
    "training.batch_size": "steps and epochs are counted in batches of that size",
    "training.optimiser": "what it has gathered of former steps fits no other",
    "training.decay": "what the optimiser has gathered of former steps lies in these groups",
    "training.ema_decay": "the average is over all steps from the first",
    "monitor": "looks before and after it could not be compared",
    "ood": "looks before and after it could not be compared; `oodflow evaluate --ood` asks about any set",
}


class Change(Record):
    """Settings of a training that are others from some step on.

    Attributes:
        step: after which.
        was: what they were until then, by name; none: not there.
        now: what they are from then on.
    """

    step: int
    was: dict[str, Any]
    now: dict[str, Any]

    @property
    def words(self) -> str:
        """Say what changed."""
        return ", ".join(f"{name}={self.now[name]} (it was {was})" for name, was in self.was.items())


class Retreat(Record):
    """A way back that a training took when its steps were no longer finite.

    Attributes:
        diverged: the last step before it.
        skipped: how many of the last steps were not finite, and changed nothing.
        step: after which it went on.
        rate: the share of the learning rate that it went on with.
    """

    diverged: int
    skipped: int
    step: int
    rate: float


def changed(step: int, was: dict[str, Any], config: RunConfig) -> Change | None:
    """Write down that settings are others from now on; none where none is."""
    values = config.model_dump(mode="json")
    return Change(step=step, was=was, now={name: _get(values, name) for name in was}) if was else None


def require_free(begun: RunConfig, now: RunConfig, path: Path) -> None:
    """Refuse to go on with a run in a way that would make it another.

    Raises:
        UsageError: naming the first such setting, and why it has to stay.
    """
    for name, (was, asked) in differences(begun.model_dump(mode="json"), now.model_dump(mode="json")).items():
        if name in FREE and not (name in IF_ANY and None in (was, asked)):
            continue
        place = next(place for place in (name, *_parents(name)) if place in REASONS)
        raise UsageError(
            f"{name} of {path} is {was} and can't become {asked}: {REASONS[place]}; to train on otherwise, begin a new "
            f"run with its weights, `oodflow train RECIPE --from {path}`."
        )


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]


def _get(values: Any, name: str) -> Any:
    for key in name.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values
