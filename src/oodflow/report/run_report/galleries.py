"""What a flow finds most and least likely of each set."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oodflow.data import DataSet
from oodflow.document import Gallery, Section, Text, table_of_numbers
from oodflow.document.numbers import counted, significant
from oodflow.errors import OodflowError
from oodflow.evaluation.evaluate import open_flow, open_sets
from oodflow.evaluation.items import items
from oodflow.flows import Flow
from oodflow.report.run_report.closely import LAYERS, Scales, look_closely
from oodflow.report.run_report.exhibits import Exhibition
from oodflow.report.run_report.stored import Stored
from oodflow.runs.provenance import describe
from oodflow.training import choose_device

EACH = 8  # images or rows at either end of a set
COLUMNS = 8  # of a row that are shown, its first
NUMBERS = 5_000_000  # that the pictures of a page's galleries hold together, so that it stays below 10 MB

Ends = dict[str, NDArray[np.intp]]
"""By title, the places of what lies at either end of a set."""


@dataclass(frozen=True)
class Means:
    """What galleries are made with.

    Attributes:
        pictures: takes what pictures there are, by their files.
        root: where data sets lie.
        device: that computes.
        page: how many runs share the page.
        say: takes a line before each part.
    """

    pictures: dict[str, bytes]
    root: Path | None
    device: str
    page: int
    say: Callable[[str], None]


def galleries(found: Stored, prefix: str, means: Means) -> list[Section]:
    """Show either end of each set, a section a set: images with what the flow does to them, or rows in a table.

    Args:
        found: the evaluation.
        prefix: of the names of the pictures' files.
        means: what they are made with.

    Raises:
        OodflowError: the data are not at hand, or others than were evaluated, or the flow is another by now.
    """
    flow, sets = _open(found, means)
    names = [was.name for was in found.evaluation.sets]  # where they lie now may be another
    ends = [_ends(found, name, _each(flow, len(sets) * means.page)) for name in names]
    of_set = list(zip(names, sets, ends, strict=True))
    if flow.domain.is_images:
        return _of_images(found, flow, of_set, prefix, means)
    return [Section(name, _of_rows(found, name, data, of, means.root)) for name, data, of in of_set]


def _open(found: Stored, means: Means) -> tuple[Flow, list[DataSet]]:
    """Open what was evaluated, if it is still the same."""
    flow, weights, _ = open_flow(found.run)
    if found.evaluation.weights not in (None, weights):
        raise OodflowError("the flow has been trained on since: evaluate it again.")
    sets = open_sets(found.run, flow, found.evaluation.options, means.root)
    for data, was in zip(sets, found.evaluation.sets, strict=True):
        if describe(data).fingerprint != was.fingerprint:
            raise OodflowError(f"{was.name} holds others now than were evaluated: evaluate it again.")
    return flow.to(choose_device(means.device)), sets


def _of_images(
    found: Stored, flow: Flow, sets: Sequence[tuple[str, DataSet, Ends]], prefix: str, means: Means
) -> list[Section]:
    scales: Scales | None = None
    sections = []
    for place, (name, data, ends) in enumerate(sets):
        means.say(f"looking closely at {counted(sum(map(len, ends.values())), 'image')} of {name}")
        rows = np.concatenate(list(ends.values()))
        images = data.batch(rows)
        look = look_closely(flow, images, seed=found.evaluation.options.seed)
        scales = scales or Scales.of(look)  # those of the test set, which others are held against
        which, files = items(data.take(rows), means.root), f"{prefix}set-{place}-"
        shown = Exhibition(found, name, rows, which, images, look, scales, means.pictures, files)
        exhibits = iter([shown.exhibit(i) for i in range(len(rows))])
        blocks = [Gallery(title, tuple(islice(exhibits, len(part)))) for title, part in ends.items()]
        sections.append(Section(name, tuple(blocks)))
    return sections


def _each(flow: Flow, sets: int) -> int:
    """Tell how many to show at either end of a set."""
    if not flow.domain.is_images:
        return EACH
    panels = 3 * LAYERS + flow.shape[0] + 3
    return max(1, min(EACH, NUMBERS // (2 * sets * panels * math.prod(flow.shape[1:]))))


def _ends(found: Stored, of: str, each: int) -> Ends:
    """Find the rows at either end of a set, the farthest out first, by the title of their gallery."""
    score = found.single()[0]
    order = np.argsort(found.values[of][score], kind="stable")
    each = max(1, min(each, len(order) // 2))
    low, high = ("Most likely", "Least likely") if score == "likelihood" else (f"Lowest {score}", f"Highest {score}")
    return {low: order[:each], high: order[::-1][:each]}


def _of_rows(found: Stored, of: str, data: DataSet, ends: Ends, root: Path | None) -> tuple[Section, ...]:
    """Put the rows at either end of a set into tables."""
    score = found.single()[0]
    columns = data.columns[:COLUMNS] or [f"number {i}" for i in range(1, min(COLUMNS, math.prod(data.shape)) + 1)]
    name, sign = ("log p, nats", -1) if score == "likelihood" else (score, 1)
    sections = []
    for title, rows in ends.items():
        values = sign * found.values[of][score][rows]
        lines: list[list[Text]] = [
            [item, significant(value), *(significant(float(entry)) for entry in row.flat[:COLUMNS])]
            for item, value, row in zip(items(data.take(rows), root), values, data.batch(rows), strict=True)
        ]
        sections.append(Section(title, (table_of_numbers(["row", name, *columns], lines),)))
    return tuple(sections)
