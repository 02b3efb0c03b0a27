"""One evaluation as a page."""

from oodflow.document import Bullets, Document, Paragraph, Quote, Text, table
from oodflow.document.numbers import number
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.record import Evaluation
from oodflow.report.bits import bits, bits_legend

LEGEND = "Positive = out of distribution. AUROC 50 % = chance; below, the set is mistaken for the training data."


def evaluation_document(evaluation: Evaluation) -> Document:
    """Lay an evaluation out: each set, and below it its scores; what is special about it, and what it says."""
    rows: list[list[Text]] = []
    for place, one in enumerate(evaluation.sets):
        inside = "in-distribution" if one is evaluation.inside else ""
        rows.append([f"{one.name} ({one.images:,})", bits([evaluation], place), inside, "", "", ""])
        for score, found in one.scores.items():
            area, low, high, *others = (
                number(100 * share, 1)
                for share in (
                    found.auroc, found.auroc_low, found.auroc_high, found.aupr_in, found.aupr_out, found.fpr95
                )
            )  # fmt: skip
            rows.append([f"  {score}", "", f"{area} [{low}, {high}]", *others])
    header = ["data set (images)", "bits/dim", "AUROC % [95 % CI]", "AUPR-in", "AUPR-out", "FPR95"]
    remarks = notes(evaluation)
    sentence = conclusion(evaluation)
    return Document(
        "",
        (
            table(header, rows, ("left", "right", "right", "right", "right", "right")),
            Paragraph(" ".join(filter(None, [LEGEND, bits_legend([evaluation])]))),
            *([Bullets(remarks)] if remarks else []),
            *([Quote(sentence)] if sentence else []),
        ),
    )


def notes(evaluation: Evaluation) -> tuple[str, ...]:
    """Say which sets are not what their name promises, and which scores were left out."""
    special = [f"{one.name} {one.split}: {one.note}." for one in evaluation.sets if one.note]
    return (*special, *(f"{name} is left out: {why}." for name, why in evaluation.left_out.items()))
