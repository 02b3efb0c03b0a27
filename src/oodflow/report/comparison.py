"""A page of evaluated runs, with the paper's numbers beside ours."""

from collections.abc import Sequence

from oodflow.document import Block, Document, Paragraph, Quote, Section, Text, table
from oodflow.document.numbers import mean_and_deviation, number
from oodflow.evaluation.conclusion import conclusion
from oodflow.report.bits import bits_legend, likelihood_head, likely
from oodflow.report.changes import scale_of
from oodflow.report.evaluated_runs import Comparison, unlike
from oodflow.report.published import SOURCE, published_auroc
from oodflow.report.replicas import Replicas, replicas
from oodflow.report.rests_on import provenance_blocks
from oodflow.runs.naming import name_of


def comparison_document(comparison: Comparison, title: str = "Runs") -> Document:
    """Lay runs out as a page: the likelihood beside the paper's, the other scores, and what it all rests on.

    Runs that differ in their seed alone share a row, with mean and standard deviation.
    """
    groups = replicas(comparison.runs)
    rests = [block for group in groups for block in provenance_blocks(group)]
    return Document(
        title,
        (
            *likelihoods(groups),
            Paragraph(comparison_legend(groups)),
            *(block for group in groups for block in _in_words(group)),
            *other_scores(groups),
            Section("What these rest on", tuple(rests)),
        ),
    )


def likelihoods(groups: Sequence[Replicas]) -> list[Block]:
    """Lay the likelihoods out; where some runs are of images and some of rows, each unit has a table of its own."""
    heads = {group: likelihood_head(group.runs[0].evaluation) for group in groups}
    return [
        table(
            ("flow, trained on", "scale", head, "asked about", head, "AUROC %, measured [95 % interval]",
             "AUROC %, paper"),
            [row for group in groups if heads[group] == head for row in _likelihood_rows(group)],
        )
        for head in dict.fromkeys(heads.values())
    ]  # fmt: skip


def _likelihood_rows(group: Replicas) -> list[list[Text]]:
    published = published_auroc(group.config.flow, group.config.data)
    evaluations = [one.evaluation for one in group.runs]
    rows: list[list[Text]] = []
    for place, outside in enumerate(group.outsides, 1):
        metrics = outside.scores.get("likelihood")
        if metrics is None:
            continue
        low, high = (number(100 * end, 1) for end in (metrics.auroc_low, metrics.auroc_high))
        areas = mean_and_deviation(group.areas(place, "likelihood"), 1)
        paper = published.get(outside.name)
        rows.append([
            name_of(group.config), scale_of(group.config), likely(evaluations, 0), outside.name,
            likely(evaluations, place), areas if len(group.seeds) > 1 else f"{areas} [{low}, {high}]",
            "" if paper is None else str(paper),
        ])  # fmt: skip
    return rows


def comparison_legend(groups: Sequence[Replicas]) -> str:
    """Say what the columns of :func:`likelihoods` are."""
    seeds = " ± is the standard deviation over training seeds." if any(len(group.seeds) > 1 for group in groups) else ""
    differ = unlike([one for group in groups for one in group.runs])
    draws = bits_legend([one.evaluation for group in groups for one in group.runs])
    return (
        f"Paper: {SOURCE}. AUROC of the likelihood in per cent: 50 is chance, and below 50 the flow prefers the other "
        f"set to its own test data.{seeds}{draws and f' {draws}'}{differ and f' {differ}'}"
    )


def _in_words(group: Replicas) -> list[Block]:
    """Say what came out, of a single run."""
    sentence = conclusion(group.runs[0].evaluation) if len(group.seeds) == 1 else ""
    return [Paragraph(f"{name_of(group.config)}, in words:"), Quote(sentence)] if sentence else []


def other_scores(groups: Sequence[Replicas]) -> list[Block]:
    """Lay the AUROC of all scores out, if others than the likelihood were asked."""
    scores = list(dict.fromkeys(name for group in groups for data in group.outsides for name in data.scores))
    scores = ["likelihood", *(name for name in scores if name != "likelihood")]
    if len(scores) == 1:
        return []
    rows = [row for group in groups for row in _score_rows(group, scores)]
    return [Section("Other scores, AUROC %", (table(["flow, trained on", "asked about", *scores], rows),))]


def _score_rows(group: Replicas, scores: Sequence[str]) -> list[list[Text]]:
    rows: list[list[Text]] = []
    for place, outside in enumerate(group.outsides, 1):
        areas = [group.areas(place, score) for score in scores]
        cells = [mean_and_deviation(area, 1) if area else "" for area in areas]
        rows.append([name_of(group.config), outside.name, *cells])
    return rows
