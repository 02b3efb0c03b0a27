"""A page of scores beside each other, over many pairs of data sets."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from oodflow.document import Block, Document, Figure, Paragraph, Section, Strong, Text, table
from oodflow.document.numbers import mean_and_deviation, number
from oodflow.errors import UsageError
from oodflow.figures import figure_bytes, heat_map
from oodflow.files import page_and_data
from oodflow.report.evaluated_runs import Comparison
from oodflow.report.replicas import Replicas, replicas
from oodflow.report.rests_on import provenance_blocks
from oodflow.runs.pages import write_page
from oodflow.scores import named_score

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure


class Pair(NamedTuple):
    """What a kind of flow was trained on, and what it was asked about.

    Attributes:
        flow: title of the flow.
        inside: what it was trained on.
        outside: what it was asked about.
        areas: by score, its AUROC in per cent for each training seed.
        grouped: the scores that judge groups of images.
    """

    flow: str
    inside: str
    outside: str
    areas: dict[str, list[float]]
    grouped: frozenset[str]

    @property
    def name(self) -> str:
        """Short, for the head of a column."""
        return f"{self.inside} → {self.outside}"


def pairs_of(groups: Sequence[Replicas]) -> list[Pair]:
    """List the pairs of runs, in their order."""
    found = []
    for group in groups:
        for place, outside in enumerate(group.outsides, 1):
            areas = {score: group.areas(place, score) for score in outside.scores}
            grouped = frozenset(name for name, one in outside.scores.items() if one.n_in < group.inside.images)
            found.append(Pair(group.config.flow.title, group.config.data, outside.name, areas, grouped))
    return found


def scores_document(comparison: Comparison, title: str = "Scores", picture: str | None = None) -> Document:
    """Lay scores out as a page: for each kind of flow a row a score and a column a pair; ``picture`` is a file."""
    groups = replicas(comparison.runs)
    pairs = pairs_of(groups)
    sections = []
    for flow in dict.fromkeys(pair.flow for pair in pairs):
        own = [pair for pair in pairs if pair.flow == flow]
        sections.append(Section(flow, tuple(_tables(own))))
    rests = [block for group in groups for block in provenance_blocks(group)]
    return Document(
        title,
        (
            *([Figure("AUROC of each score and pair", picture, title)] if picture else []),
            Paragraph(_legend(groups, pairs)),
            *sections,
            Section("What these rest on", tuple(rests)),
        ),
    )


def write_scores(comparison: Comparison, path: Path) -> tuple[Path, ...]:
    """Write and return ``path.md``, ``path.json`` and ``path.png``, all or none."""
    page, _ = page_and_data(path)
    picture = page.with_suffix(".png").name
    image = figure_bytes(draw_scores(comparison, page.stem.replace("-", " ").capitalize()), "png")
    return write_page(path, comparison, lambda title: scores_document(comparison, title, picture), {".png": image})


def draw_scores(comparison: Comparison, title: str) -> "MatplotlibFigure":
    """Draw the mean AUROC over seeds of each score of single images, by pair and kind of flow."""
    pairs = pairs_of(replicas(comparison.runs))
    scores = _scores(pairs, grouped=False)
    areas = [[mean(pair.areas[score]) if score in pair.areas else np.nan for pair in pairs] for score in scores]
    columns = [f"{pair.flow.split()[0]}, {pair.name}" for pair in pairs]
    return heat_map(np.array(areas), scores, columns, title=f"{title}: AUROC, %")


def _scores(pairs: Sequence[Pair], *, grouped: bool) -> list[str]:
    names = dict.fromkeys(score for pair in pairs for score in pair.areas)
    return [name for name in names if any(name in pair.grouped for pair in pairs) == grouped]


def _tables(pairs: Sequence[Pair]) -> list[Block]:
    """Make a table of the scores of single images, and one of those of groups."""
    blocks: list[Block] = []
    for grouped in False, True:
        scores = _scores(pairs, grouped=grouped)
        if not scores:
            continue
        best = [max((mean(pair.areas[score]) for score in scores if score in pair.areas), default=0) for pair in pairs]
        rows = [_row(score, pairs, best) for score in scores]
        if grouped:
            blocks.append(Paragraph("Scores of groups of images, all of one set:"))
        blocks.append(table(["score", *(pair.name for pair in pairs), "worst"], rows))
    return blocks


def _row(score: str, pairs: Sequence[Pair], best: Sequence[float]) -> list[Text]:
    cells: list[Text] = []
    for pair, most in zip(pairs, best, strict=True):
        areas = pair.areas.get(score)
        text = mean_and_deviation(areas, 1) if areas else ""
        cells.append(Strong(text) if areas and mean(areas) == most else text)
    means = [mean(pair.areas[score]) for pair in pairs if score in pair.areas]
    return [score, *cells, number(min(means), 1)]


def _legend(groups: Sequence[Replicas], pairs: Sequence[Pair]) -> str:
    seeds = " ± is the standard deviation over training seeds." if any(len(group.seeds) > 1 for group in groups) else ""
    return (
        "AUROC in per cent, trained on → asked about; 50 is chance, and below 50 the score takes the other set for the "
        f"training data. The best of each column is in bold; worst is the lowest of the row.{seeds} Scores that learn "
        f"do so from the calibration part alone.{_without_flow(pairs)}"
    )


def _without_flow(pairs: Sequence[Pair]) -> str:
    """Say which scores are made of the data alone; of a score that is not registered here nothing is known."""
    names = []
    for name in dict.fromkeys(score for pair in pairs for score in pair.areas):
        with suppress(UsageError):
            if all(statistic.needs == "data" for statistic in named_score(name).reads()):
                names.append(name)
    return f" These ask no flow: {', '.join(names)}." if names else ""
