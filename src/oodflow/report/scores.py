"""A page of scores beside each other, over many pairs of data sets."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from oodflow.data.spec import without_encoder
from oodflow.document import Block, Document, Figure, Paragraph, Section, Strong, Text, table
from oodflow.document.numbers import mean_and_deviation, number
from oodflow.errors import OodflowError
from oodflow.figures import figure_bytes, heat_map
from oodflow.files import page_and_data
from oodflow.report.evaluated_runs import Comparison, unlike
from oodflow.report.published_scores import published_scores
from oodflow.report.replicas import Replicas, replicas
from oodflow.report.rests_on import provenance_blocks
from oodflow.runs.pages import write_page
from oodflow.scores import named_score

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure


League = Literal["single", "outside", "groups"]
LEAGUES: dict[League, str] = {
    "single": "",
    "outside": "Scores that ask an outside model, which has learned from other images:",
    "groups": "Scores of groups of images, all of one set:",
}
"""What is not to be compared with each other, and what is said of it."""


class Pair(NamedTuple):
    """What a kind of flow was trained on, and what it was asked about.

    Attributes:
        flow: title of the flow, and of which vectors, if it is one of vectors that an encoder made.
        inside: what it was trained on.
        outside: what it was asked about.
        areas: by score, its AUROC in per cent for each training seed.
        grouped: the scores that judge groups of images.
        costs: by score, how many times as long as the likelihood it took in each run where both are known.
        embedded: whether all scores are of what an outside model has made of the images.
    """

    flow: str
    inside: str
    outside: str
    areas: dict[str, list[float]]
    grouped: frozenset[str]
    costs: dict[str, list[float]]
    embedded: bool = False

    @property
    def name(self) -> str:
        """Short, for the head of a column."""
        return f"{self.inside} → {self.outside}"


def pairs_of(groups: Sequence[Replicas]) -> list[Pair]:
    """List the pairs of runs, in their order."""
    found = []
    for group in groups:
        for place, outside in enumerate(group.outsides, 1):
            titles = _titles(outside.scores)
            areas = {titles[score]: group.areas(place, score) for score in outside.scores}
            grouped = frozenset(titles[name] for name, one in outside.scores.items() if one.n_in < group.inside.images)
            costs = {titles[score]: _costs(group, score) for score in outside.scores}
            (inside, vectors), (other, _) = map(without_encoder, (group.config.data, outside.name))
            flow = f"{group.config.flow.title}, {vectors}" if vectors else group.config.flow.title
            found.append(Pair(flow, inside, other, areas, grouped, costs, bool(vectors)))
    return found


def _titles(scores: Iterable[str]) -> dict[str, str]:
    """Name scores for a page, where those of several flows share a row: of ``waic`` each has others of its own."""
    titles = {
        score: score.replace(match[0], OTHERS) if (match := re.search(_OTHERS, score)) else score for score in scores
    }
    return titles if len({*titles.values()}) == len(titles) else {score: score for score in titles}


OTHERS, _OTHERS = "others=…", r"others=[^&]*"


def _costs(group: Replicas, score: str) -> list[float]:
    costs = [one.evaluation.costs for one in group.runs]
    return [each[score] / each["likelihood"] for each in costs if {score, "likelihood"} <= each.keys()]


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
            *_published(pairs),
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
    leagues = _scores(pairs)
    scores = [*leagues["single"], *leagues["outside"]]
    areas = [[mean(pair.areas[score]) if score in pair.areas else np.nan for pair in pairs] for score in scores]
    columns = [f"{_short(pair.flow, pairs)}, {pair.name}" for pair in pairs]
    return heat_map(np.array(areas), scores, columns, title=f"{title}: AUROC, %")


def _short(flow: str, pairs: Sequence[Pair]) -> str:
    """Name a flow by the first word of its title, if no other has that; without an encoder's path in any case."""
    first = flow.split()[0]
    alone = len({pair.flow for pair in pairs if pair.flow.split()[0] == first}) == 1
    return first if alone else re.sub(r"encoder=[^&]*&?", "vectors ", flow).strip()


def _scores(pairs: Sequence[Pair]) -> dict[League, list[str]]:
    """Sort the scores into leagues."""
    leagues: dict[League, list[str]] = {league: [] for league in LEAGUES}
    for name in dict.fromkeys(score for pair in pairs for score in pair.areas):
        own = [pair for pair in pairs if name in pair.areas]
        grouped = any(name in pair.grouped for pair in own)
        outside = _asks_an_outside_model(name)
        leagues["groups" if grouped else "outside" if outside else "single"].append(name)
    return leagues


def _asks_an_outside_model(name: str) -> bool:
    """Tell whether a score is of that kind; of one that is not registered here nothing is known."""
    try:
        return named_score(name).outside_model
    except OodflowError:
        return False


def _tables(pairs: Sequence[Pair]) -> list[Block]:
    """Make a table of each league."""
    blocks: list[Block] = []
    for league, scores in _scores(pairs).items():
        if not scores:
            continue
        best = [max((mean(pair.areas[score]) for score in scores if score in pair.areas), default=0) for pair in pairs]
        rows = [_row(score, pairs, best) for score in scores]
        if LEAGUES[league]:
            blocks.append(Paragraph(LEAGUES[league]))
        priced = any(pair.costs[score] for pair in pairs for score in scores if score in pair.costs)
        header = ["score", *(pair.name for pair in pairs), "worst", *["cost"] * priced]
        blocks.append(table(header, [row[: len(header)] for row in rows]))
    return blocks


def _published(pairs: Sequence[Pair]) -> list[Section]:
    """Put beside ours what others published of the same scores and pairs."""
    scores = dict.fromkeys(score for pair in pairs for score in pair.areas)
    asked = dict.fromkeys((pair.inside, pair.outside, pair.embedded) for pair in pairs)
    rows: list[list[Text]] = [
        [one.score, f"{one.inside} → {one.outside}", ours, f"{one.auroc} ({one.model})", one.source]
        for score in scores
        for *sides, embedded in asked
        if (ours := _ours([pair for pair in pairs if pair.embedded == embedded], score, (sides[0], sides[1])))
        for one in published_scores(score.removesuffix(f"?{OTHERS}"), *sides, embedded=embedded)
    ]
    if not rows:
        return []
    text = (
        "AUROC in per cent. What others published was measured with other models, training and protocols, and numbers "
        "of one score and pair lie far apart: they tell what to expect, and rank nothing."
    )
    header = ["score", "pair", "ours", "published", "source"]
    numbers = table(header, rows, ["left", "left", "right", "right", "left"])
    return [Section("Beside what others published", (Paragraph(text), numbers))]


def _ours(pairs: Sequence[Pair], score: str, sides: tuple[str, str]) -> str:
    """Write our mean over seeds for each kind of flow that was asked."""
    same = [pair for pair in pairs if (pair.inside, pair.outside) == sides and score in pair.areas]
    return ", ".join(f"{number(mean(pair.areas[score]), 1)} ({_short(pair.flow, pairs)})" for pair in same)


def _row(score: str, pairs: Sequence[Pair], best: Sequence[float]) -> list[Text]:
    cells: list[Text] = []
    for pair, most in zip(pairs, best, strict=True):
        areas = pair.areas.get(score)
        text = mean_and_deviation(areas, 1) if areas else ""
        cells.append(Strong(text) if areas and mean(areas) == most else text)
    means = [mean(pair.areas[score]) for pair in pairs if score in pair.areas]
    costs = [cost for pair in pairs for cost in pair.costs.get(score, [])]
    return [score, *cells, number(min(means), 1), number(median(costs), 1) if costs else ""]


def _legend(groups: Sequence[Replicas], pairs: Sequence[Pair]) -> str:
    seeds = " ± is the standard deviation over training seeds." if any(len(group.seeds) > 1 for group in groups) else ""
    priced = (
        " Cost is how many times as long a score takes as the likelihood, each as if it were the only one, without "
        "fitting: the median over runs."
        if any(costs for pair in pairs for costs in pair.costs.values())
        else ""
    )
    differ = unlike([one for group in groups for one in group.runs])
    return (
        "AUROC in per cent, trained on → asked about; 50 is chance, and below 50 the score takes the other set for the "
        f"training data. The best of each column is in bold; worst is the lowest of the row.{seeds}{priced} Scores "
        f"that learn do so from the calibration part alone.{_without_flow(pairs)}{differ and f' {differ}'}"
    )


def _without_flow(pairs: Sequence[Pair]) -> str:
    """Say which scores are made of the data alone, as far as they are here; the same whatever files there are."""
    names = []
    for name in dict.fromkeys(score for pair in pairs for score in pair.areas):
        with suppress(OodflowError):
            score = named_score(name)
            if not score.outside_model and all(statistic.needs == "data" for statistic in score.reads()):
                names.append(name)
    return f" These ask no flow: {', '.join(names)}." if names else ""
