"""One evaluation as a page."""

from oodflow.document import Align, Bullets, Document, Paragraph, Quote, Text, table
from oodflow.document.numbers import number
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.record import EvaluatedSet, Evaluation
from oodflow.report.bits import bits, bits_legend

LEGEND = "Positive = out of distribution. AUROC 50 % = chance; below, the set is mistaken for the training data."


def evaluation_document(evaluation: Evaluation) -> Document:
    """Lay an evaluation out: each set, and below it its scores; what is special about it, and what it says."""
    rows: list[list[Text]] = []
    fpr = evaluation.options.fpr
    for place, one in enumerate(evaluation.sets):
        inside = "in-distribution" if one is evaluation.inside else ""
        rows.append([f"{one.name} ({one.images:,})", bits([evaluation], place), inside, "", "", "", *[""] * bool(fpr)])
        for score, found in one.scores.items():
            area, low, high, *others = (
                number(100 * share, 1)
                for share in (
                    found.auroc, found.auroc_low, found.auroc_high, found.aupr_in, found.aupr_out, found.fpr95
                )
            )  # fmt: skip
            rows.append([f"  {score}", "", f"{area} [{low}, {high}]", *others, *_found(evaluation, one, score)])
    header = ["data set (images)", "bits/dim", "AUROC % [95 % CI]", "AUPR-in", "AUPR-out", "FPR95"]
    header += [f"found at {_percent(fpr)} %"] if fpr else []
    align: list[Align] = ["left" if place == 0 else "right" for place in range(len(header))]
    remarks = notes(evaluation)
    sentence = conclusion(evaluation)
    return Document(
        "",
        (
            table(header, rows, align),
            Paragraph(" ".join(filter(None, [LEGEND, bits_legend([evaluation]), _guarantee(evaluation)]))),
            *([Bullets(remarks)] if remarks else []),
            *([Quote(sentence)] if sentence else []),
        ),
    )


def _found(evaluation: Evaluation, one: EvaluatedSet, score: str) -> list[str]:
    """Tell which share of a set lies above the threshold, and which of the test set does."""
    if score not in evaluation.thresholds:
        return []
    found, alarms = (number(100 * each.above[score], 1) for each in (one, evaluation.inside))
    return [f"{found} ({alarms})"]


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


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):g}"


def notes(evaluation: Evaluation) -> tuple[str, ...]:
    """Say which sets are not what their name promises, and which scores were left out."""
    special = [f"{one.name} {one.split}: {one.note}." for one in evaluation.sets if one.note]
    return (*special, *(f"{name} is left out: {why}." for name, why in evaluation.left_out.items()))
