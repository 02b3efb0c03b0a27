"""A page of how good runs were after how long: bits/dim and AUROC over the time of training."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from oodflow.document import Bullets, Code, Document, Figure, Paragraph, Strong, Text, table
from oodflow.document.numbers import counted, number
from oodflow.figures import Line, curve_figure, figure_bytes
from oodflow.files import page_and_data
from oodflow.report.looks import By, Curve, Curves, Look
from oodflow.runs.pages import write_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

TIMES = {30: "30 s", 60: "1 min", 150: "2.5 min", 300: "5 min", 600: "10 min", 1200: "20 min", 3600: "1 h", 7200: "2 h"}
"""After how many seconds the table tells where a run is."""

STEPS = {steps: f"{steps:,} steps" for steps in (300, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000)}
"""After how many steps."""


def curves_document(curves: Curves, title: str = "Runs in training", picture: str | None = None) -> Document:
    """Lay curves out as a page: a row a run, a column a time or step, and what it rests on; ``picture`` is a file."""
    by = curves.by
    last = max(curve.looks[-1].after(by) for curve in curves.curves)
    marks = {mark: name for mark, name in (TIMES if by == "time" else STEPS).items() if last >= mark}
    header = ["flow, trained on, scale", *marks.values(), "at its end"]
    rows = [[curve.name, *(_cell(curve.at(mark, by)) for mark in marks), _end(curve, by)] for curve in curves.curves]
    told = "that time. Time is that of training steps alone." if by == "time" else "that step."
    legend = (
        f"Bits/dim of {_split(curves)} {_units(curves)}, and in brackets the AUROC of the likelihood in per cent for "
        f"each set that the flow was asked about, by the last look before {told} "
        "A schedule that ends later is not at its best before."
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
    picture = page.with_suffix(".png").name
    title = page.stem.replace("-", " ").capitalize()
    image = figure_bytes(draw_curves(curves, title), "png")
    return write_page(path, curves, lambda title: curves_document(curves, title, picture), {".png": image})


def draw_curves(curves: Curves, title: str) -> "MatplotlibFigure":
    """Draw bits/dim, and below it the AUROC of the first set that each run was asked about at every look."""
    seeds = Counter(curve.without_seed for curve in curves.curves)
    lines = []
    for curve in curves.curves:
        after = [look.after(curves.by) for look in curve.looks]
        asked = next((name for name in curve.looks[0].auroc if all(name in look.auroc for look in curve.looks)), None)
        areas = [] if asked is None else [100 * look.auroc[asked] for look in curve.looks]
        several = seeds[curve.without_seed]
        name = curve.name if several == 1 else f"{curve.without_seed}, {several} seeds"
        lines.append(Line(name, after, [look.bits_per_dim for look in curve.looks], areas, asked or ""))
    return curve_figure(lines, title=title, split=_split(curves), by=curves.by)


def _split(curves: Curves) -> str:
    """Name the part that all runs were watched on."""
    splits = {curve.split for curve in curves.curves}
    return splits.pop() if len(splits) == 1 else "held-out"


def _cell(look: Look | None) -> str:
    if look is None:
        return ""
    areas = ", ".join(number(100 * area, 1) for area in look.auroc.values())
    return f"{number(look.bits_per_dim, 3)} ({areas})"


def _end(curve: Curve, by: By) -> str:
    return f"{_cell(curve.looks[-1])} after {number(curve.looks[-1].after(by), 0)} {'s' if by == 'time' else 'steps'}"


def _units(curves: Curves) -> str:
    return " and ".join(dict.fromkeys(curve.training.data.unit for curve in curves.curves))


def _provenance(curve: Curve) -> Text:
    training = curve.training
    asked = ", ".join(curve.looks[0].auroc)
    return (
        Strong(curve.name), ": ", Code(training.command),
        f" (commit {training.commit}, {training.day}), {number(training.parameters, 0)} parameters, "
        f"{counted(training.threads_in_all, 'thread')}, {training.device}, torch {training.torch}, data fingerprint ",
        Code(training.data.fingerprint),
        f"; looks at {curve.images:,} {curve.split} {training.data.unit} and as many of {asked}.",
    )  # fmt: skip
