"""How good runs were after how long: bits/dim and AUROC over the time of training."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from oodflow.document import Bullets, Code, Document, Figure, Paragraph, Strong, Text, table
from oodflow.document.numbers import counted, number
from oodflow.errors import OodflowError
from oodflow.figures import Line, curve_figure, figure_bytes
from oodflow.files import page_and_data
from oodflow.recipes.named import RECIPES
from oodflow.records import Record
from oodflow.report.changes import scale_of
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.pages import write_page
from oodflow.runs.run_dir import RunDir
from oodflow.runs.training_facts import TrainingFacts

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

TIMES = {30: "30 s", 60: "1 min", 150: "2.5 min", 300: "5 min", 600: "10 min", 1200: "20 min", 3600: "1 h", 7200: "2 h"}
"""After how many seconds the table tells where a run is."""


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

    def at(self, seconds: float) -> Look | None:
        """Return the last look at or before a time, unless the run had ended by then."""
        before = [look for look in self.looks if look.seconds <= seconds]
        return before[-1] if before and self.looks[-1].seconds >= seconds else None


class Curves(Record):
    """Runs beside each other, over time."""

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: lambda old: {"curves": [{**curve, "split": "test"} for curve in old]}}

    curves: tuple[Curve, ...] = Field(min_length=1)


def read_curve(run: RunDir) -> Curve:
    """Read the looks that the monitor took at a run, from its log.

    Raises:
        OodflowError: when there are none.
    """
    config, record = run.config(), run.record()
    logged = [line for line in _logged(run) if "inside" in line]
    looks = tuple(
        Look(
            seconds=line["seconds"], step=line["step"], bits_per_dim=line["inside"]["bpd"],
            auroc={name: ood["auroc"] for name, ood in line["ood"].items()},
        )
        for line in logged
    )  # fmt: skip
    if not looks or record is None or record.training is None:
        raise OodflowError(f"{run.path} has no looks in its log.jsonl: train it, with a smaller monitor.every.")
    return Curve(
        name=_name(config), looks=looks, images=config.monitor.images, split=logged[-1]["inside"]["split"],
        training=record.training,
    )  # fmt: skip


def curves_document(curves: Curves, title: str = "Runs over time", picture: str | None = None) -> Document:
    """Lay curves out as a page: a row a run, a column a time, and what it rests on; ``picture`` is a file."""
    last = max(curve.looks[-1].seconds for curve in curves.curves)
    times = {time: name for time, name in TIMES.items() if last >= time}
    header = ["flow, trained on, scale", *times.values(), "at its end"]
    rows = [[curve.name, *(_cell(curve.at(time)) for time in times), _end(curve)] for curve in curves.curves]
    splits = {curve.split for curve in curves.curves}
    which = splits.pop() if len(splits) == 1 else "held-out"
    legend = (
        f"Bits/dim of {which} images, and in brackets the AUROC of the likelihood in per cent for each set that the "
        "flow was asked about, by the last look before that time. Time is that of training steps alone. A schedule "
        "that ends later is not at its best before."
    )
    return Document(
        title,
        (
            *([Figure("curves", picture, title)] if picture else []),
            table(header, rows),
            Paragraph(legend),
            Bullets(tuple(map(_provenance, curves.curves))),
        ),
    )


def write_curves(curves: Curves, path: Path) -> tuple[Path, ...]:
    """Write and return ``path.md``, ``path.json`` and ``path.png``, all or none."""
    page, _ = page_and_data(path)
    picture = page.with_name(f"{page.name.removesuffix('.md')}.png").name
    title = page.stem.replace("-", " ").capitalize()
    image = figure_bytes(draw_curves(curves, title), "png")
    return write_page(path, curves, lambda title: curves_document(curves, title, picture), {".png": image})


def draw_curves(curves: Curves, title: str) -> "MatplotlibFigure":
    """Draw bits/dim, and below it the AUROC of the first set that each run was asked about."""
    lines = []
    for curve in curves.curves:
        seconds = [look.seconds for look in curve.looks]
        asked = next(iter(curve.looks[0].auroc), None)
        areas = [] if asked is None else [100 * look.auroc[asked] for look in curve.looks]
        lines.append(Line(curve.name, seconds, [look.bits_per_dim for look in curve.looks], areas, asked or ""))
    return curve_figure(lines, title=title)


def _name(config: RunConfig) -> str:
    """Name a run, with what of its recipe was changed, but for how often it was looked at."""
    if config.training is None or config.recipe not in RECIPES:
        return f"{name_of(config)}, {scale_of(config)}"
    unwatched = config.model_copy(update={"monitor": RECIPES[config.recipe](config.scale).monitor})
    return f"{name_of(config)}, {scale_of(unwatched)}, seed {config.training.seed}"


def _logged(run: RunDir) -> list[dict[str, Any]]:
    """Read the log.

    Raises:
        OodflowError: when a line of it is damaged, or does not tell the time.
    """
    text = run.log_file.read_text(encoding="utf-8", errors="replace") if run.log_file.exists() else ""
    try:
        lines = [{**json.loads(text_line)} for text_line in text.splitlines()]
        return [logged | {"seconds": float(logged["seconds"])} for logged in lines]
    except (ValueError, TypeError, KeyError) as error:
        raise OodflowError(
            f"{run.log_file} is damaged or of an older version ({type(error).__name__}: {error}): train the run anew."
        ) from error


def _cell(look: Look | None) -> str:
    if look is None:
        return ""
    areas = ", ".join(number(100 * area, 1) for area in look.auroc.values())
    return f"{number(look.bits_per_dim, 3)} ({areas})"


def _end(curve: Curve) -> str:
    return f"{_cell(curve.looks[-1])} after {number(curve.looks[-1].seconds, 0)} s"


def _provenance(curve: Curve) -> Text:
    training = curve.training
    asked = ", ".join(curve.looks[0].auroc)
    return (
        Strong(curve.name), ": ", Code(training.command),
        f" (commit {training.commit}, {training.day}), {number(training.parameters, 0)} parameters, "
        f"{counted(training.threads, 'thread')}, {training.device}, torch {training.torch}, data fingerprint ",
        Code(training.data.fingerprint),
        f"; looks at {curve.images:,} {curve.split} images and as many of {asked}.",
    )  # fmt: skip
