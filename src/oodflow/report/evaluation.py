"""One evaluation as a page."""

from collections.abc import Callable, Mapping

from oodflow.document import Align, Bullets, Document, Paragraph, Quote, Text, table
from oodflow.document.numbers import number
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.record import EvaluatedSet, Evaluation
from oodflow.metrics import Estimate, Ranking
from oodflow.report.bits import bits_legend, likelihood_head, likely

LEGEND = "Positive = out of distribution. AUROC 50 % = chance; below, the set is mistaken for the training data."


def evaluation_document(evaluation: Evaluation) -> Document:
    """Lay an evaluation out: each set, and below it its scores; what is special about it, and what it says."""
    rows: list[list[Text]] = []
    columns = _further_columns(evaluation)
    unit = evaluation.inside.unit
    for place, one in enumerate(evaluation.sets):
        inside = "in-distribution" if one is evaluation.inside else ""
        head = [f"{one.name} ({one.images:,})", likely([evaluation], place), inside]
        rows.append([*head, *[""] * (3 + len(columns))])
        for score, found in one.scores.items():
            rows.append([f"  {score}", "", *told_apart(found), *(tell(one, score) for tell in columns.values())])
    header = [f"data set ({unit})", likelihood_head(evaluation), *TOLD_APART, *columns]
    align: list[Align] = ["left" if place == 0 else "right" for place in range(len(header))]
    remarks = notes(evaluation)
    sentence = conclusion(evaluation)
    return Document(
        "",
        (
            table(header, rows, align),
            Paragraph(
                " ".join(
                    filter(
                        None,
                        [
                            LEGEND,
                            bits_legend([evaluation]),
                            _beyond(evaluation),
                            _costs(evaluation),
                            _guarantee(evaluation),
                            _flags(evaluation),
                        ],
                    )
                )
            ),
            *([Bullets(remarks)] if remarks else []),
            *([Quote(sentence)] if sentence else []),
        ),
    )


TOLD_APART = ("AUROC % [95 % CI]", "AUPR-in", "AUPR-out", "FPR95")
"""Heads the columns of :func:`told_apart`."""


def told_apart(found: Ranking) -> list[str]:
    """Write in per cent how well a score tells a set from the test set."""
    shares = (found.auroc, found.auroc_low, found.auroc_high, found.aupr_in, found.aupr_out, found.fpr95)
    area, low, high, *others = (number(100 * share, 1) for share in shares)
    return [f"{area} [{low}, {high}]", *others]


Tell = Callable[[EvaluatedSet, str], str]
"""What a column tells of a set and a score."""


def _further_columns(evaluation: Evaluation) -> dict[str, Tell]:
    """List the columns that only some evaluations have, by their heads."""
    inside, options = evaluation.inside, evaluation.options
    columns: dict[str, Tell] = {}
    if any(one.differences for one in evaluation.outsides):
        columns["beyond likelihood"] = lambda one, score: _signed(one.differences.get(score))
    if options.fpr is not None:
        columns[f"found at {_percent(options.fpr)} %"] = lambda one, score: _share(one.above, score, inside.above)
    if options.fdr is not None:
        found = {one.name: {name: each.found for name, each in one.flagged.items()} for one in evaluation.outsides}
        false = {one.name: {name: each.false for name, each in one.flagged.items()} for one in evaluation.outsides}
        columns[f"flagged at {_percent(options.fdr)} %"] = lambda one, score: _share(
            found[one.name], score, false[one.name]
        )
    if evaluation.costs:
        columns[f"ms/{inside.unit[:-1]}"] = lambda one, score: _milliseconds(evaluation.costs.get(score))
    return columns


def _signed(difference: Estimate | None) -> str:
    if difference is None:
        return ""
    value, low, high = (number(100 * end, 1) for end in (difference.value, difference.low, difference.high))
    return f"{value} [{low}, {high}]"


def _share(shares: Mapping[str, float], score: str, others: Mapping[str, float]) -> str:
    """Write a share, and in brackets that of what should not have been."""
    return f"{number(100 * shares[score], 1)} ({number(100 * others[score], 1)})" if score in shares else ""


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:.2g}" if seconds < 0.1 else f"{1000 * seconds:,.0f}"


def _beyond(evaluation: Evaluation) -> str:
    """Say what the comparison with the likelihood is."""
    if not any(one.differences for one in evaluation.outsides):
        return ""
    unit, single = evaluation.inside.unit, {name for one in evaluation.outsides for name in one.differences}
    groups = any(one.scores.keys() - single - {"likelihood"} for one in evaluation.outsides)
    return (
        f"Beyond likelihood: AUROC less that of the likelihood on the same {unit}, with its 95 % interval; where it "
        "holds 0, the two can't be told apart." + f" Scores of groups have none, for it judges single {unit}." * groups
    )


def _costs(evaluation: Evaluation) -> str:
    """Say what the costs are of."""
    if not evaluation.costs:
        return ""
    unit = evaluation.inside.unit[:-1]
    threads = evaluation.provenance.threads
    where = evaluation.provenance.gpu if evaluation.device.startswith("cuda") else f"{threads} CPU thread" + "s" * (
        threads > 1
    )  # fmt: skip
    one = f"{'an' if unit == 'image' else 'a'} {unit}"
    return (
        f"ms/{unit}: what a score takes for {one} of the test set if it is the only one, on {where}; without fitting. "
        "What is kept of earlier evaluations was timed then, when the machine may have been busier or idler: costs are "
        "to be compared where one evaluation has computed them all."
    )


def _guarantee(evaluation: Evaluation) -> str:
    """Say what the thresholds promise, and what they rest on."""
    if not evaluation.thresholds:
        return ""
    rate, images = _percent(evaluation.options.fpr), max(one.images for one in evaluation.thresholds.values())
    return (
        f"Found at {rate} %: the share above a threshold that a new in-distribution image exceeds with a probability "
        f"of at most {rate} %, by {images:,} held-out images that the score has not learned from, taken as drawn at "
        "random like the new one; in brackets the share of the test set that does."
    )


def _flags(evaluation: Evaluation) -> str:
    """Say what the flags promise."""
    if (fdr := evaluation.options.fdr) is None:
        return ""
    rate = _percent(fdr)
    return (
        f"Flagged at {rate} %: the share flagged of a set that comes in one batch with the test set, where at most "
        f"{rate} % of all that is flagged are false alarms on average, taking in-distribution images as drawn at "
        "random like the held-out ones; in brackets the share of the test set's among those flagged."
    )


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):g}"


def notes(evaluation: Evaluation) -> tuple[str, ...]:
    """Say which sets are not what their name promises, and which scores were left out."""
    special = [f"{one.name} {one.split}: {one.note}." for one in evaluation.sets if one.note]
    return (*special, *(f"{name} is left out: {why}." for name, why in evaluation.left_out.items()))
