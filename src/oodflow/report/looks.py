"""The looks that the monitor took at runs while they trained: how good each was after how long."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError

from oodflow.config import first_flaw
from oodflow.errors import NOT_AS_WRITTEN, OodflowError
from oodflow.recipes.named import RECIPES
from oodflow.records import Record
from oodflow.report.changes import scale_of, unwatched
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.pages import is_page
from oodflow.runs.run_dir import RunDir
from oodflow.runs.training_facts import TrainingFacts

By = Literal["time", "steps"]
"""What runs are compared by; where they shared a machine, their times say nothing."""


class Look(Record):
    """One look at a run in training.

    Attributes:
        seconds: time spent in training steps until then; looks do not count.
        step: steps done.
        bits_per_dim: of some images of its data.
        auroc: by out-of-distribution set, of the likelihood.
    """

    seconds: float
    step: int
    bits_per_dim: float
    auroc: dict[str, float]

    def after(self, by: By) -> float:
        """Tell how many seconds, or steps, it was after."""
        return self.seconds if by == "time" else self.step


class Curve(Record):
    """All looks at a run, and what the run was.

    Attributes:
        name: of the flow, its data and its scale.
        looks: in order.
        images: how many images of its data each look scored.
        split: of which part they are.
        training: how it was trained.
    """

    name: str
    looks: tuple[Look, ...] = Field(min_length=1)
    images: int
    split: str
    training: TrainingFacts

    @property
    def without_seed(self) -> str:
        """Its name, which runs that only another seed tells from it have too."""
        return self.name.partition(", seed ")[0]

    def at(self, amount: float, by: By = "time") -> Look | None:
        """Return the last look at or before so many seconds, or steps, unless the run had ended by then."""
        before = [look for look in self.looks if look.after(by) <= amount]
        return before[-1] if before and self.looks[-1].after(by) >= amount else None


class Curves(Record):
    """Runs beside each other, over time or steps."""

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: lambda old: {"curves": [{**curve, "split": "test"} for curve in old]}}

    curves: tuple[Curve, ...] = Field(min_length=1)
    by: By = "time"


def read_curves(paths: Sequence[Path], by: By) -> Curves:
    """Read the looks at runs, and those on pages, whose ``.json`` has them whole.

    Raises:
        UsageError: when a path is no run.
        OodflowError: when nothing was looked at, or a log is damaged.
    """
    found: list[Curve] = []
    for path in paths:
        found += Curves.read(path).curves if is_page(path) else [read_curve(RunDir.open(path))]
    return Curves(curves=tuple(found), by=by)


def read_curve(run: RunDir) -> Curve:
    """Read the looks that the monitor took at a run, from its log.

    Raises:
        OodflowError: when there are none.
    """
    config, record = run.config(), run.record()
    logged = [line for line in _logged(run) if "inside" in line]
    if not logged or record is None or record.training is None:
        raise OodflowError(f"{run.path} has no looks in its log.jsonl: train it, with a smaller monitor.every.")
    try:
        looks = tuple(map(_look, logged))
        split = str(logged[-1]["inside"]["split"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(run, error) from error
    return Curve(
        name=_name(config), looks=looks, images=config.monitor.images, split=split, training=record.training
    )  # fmt: skip


def _look(line: Mapping[str, Any]) -> Look:
    return Look(
        seconds=line["seconds"], step=line["step"], bits_per_dim=line["inside"]["bpd"],
        auroc={name: ood["auroc"] for name, ood in line["ood"].items()},
    )  # fmt: skip


def _name(config: RunConfig) -> str:
    """Name a run, with what of its recipe was changed, but for how often it was looked at."""
    seed = "" if config.training is None or config.recipe not in RECIPES else f", seed {config.training.seed}"
    return f"{name_of(config)}, {scale_of(unwatched(config))}{seed}"


def _logged(run: RunDir) -> list[dict[str, Any]]:
    """Read the log.

    Raises:
        OodflowError: when a line of it is damaged, or does not tell the time.
    """
    text = run.log_file.read_text(encoding="utf-8", errors="replace") if run.log_file.exists() else ""
    try:
        lines = [{**json.loads(text_line)} for text_line in text.splitlines()]
        return [logged | {"seconds": float(logged["seconds"])} for logged in lines]
    except NOT_AS_WRITTEN as error:
        raise _damaged(run, error) from error


def _damaged(run: RunDir, error: Exception) -> OodflowError:
    why = first_flaw(error).why if isinstance(error, ValidationError) else error
    return OodflowError(
        f"{run.log_file} is damaged or of an older version ({type(error).__name__}: {why}): train the run anew."
    )
