"""An explanation as a page, and several as one."""

from collections.abc import Sequence

from oodflow.document import Block, Bullets, Code, Document, Figure, Paragraph, Section, Table, Text, table
from oodflow.document.numbers import counted, number, with_interval
from oodflow.explanation.measure import label
from oodflow.explanation.observations import observations
from oodflow.explanation.record import Explanation, Explanations
from oodflow.runs.pages import data_item

SOURCE = "Kirichenko, Izmailov, Wilson (2020), arXiv:2006.08545"

_R2 = {"r2": "R²", "r2_erased": "R² erased", "r2_swapped": "R² swapped", "r2_donor": "R² swapped, other image"}
_SCALES = {"mean_log_scale": ("mean s", 2), "log_det": ("log-det, nats/dim", 3)}


def explanation_document(explanation: Explanation, figures: Sequence[Figure] = ()) -> Document:
    """Lay an explanation out as a page with its figures."""
    drawn = [Section(figure.name.capitalize(), (figure,)) for figure in figures]
    return Document(
        _heading(explanation),
        (
            Section("What it says about the paper's observations", (observations_table(explanation),)),
            Section("The image in the latents", (_latents(explanation),)),
            Section("Coupling layers", (_couplings(explanation),)),
            Section("Where the gap comes from", (_gap(explanation),)),
            *drawn,
            Section("What this rests on", (_provenance(explanation),)),
        ),
    )


def observations_document(explanations: Explanations, title: str = "Observations") -> Document:
    """Lay several explanations out as one page: the observations side by side, and the quantities of each."""
    introduction = (
        f"What trained flows say about the observations of {SOURCE}, sections 3, 4 and appendix M.1. In brackets: 95 % "
        "bootstrap intervals over images; one training seed each."
    )
    several = explanations.explanations
    return Document(
        title,
        (
            Paragraph(introduction),
            Section("In short", (_verdicts(several),)),
            *(Section(_heading(one), tuple(_blocks(one))) for one in several),
        ),
    )


def observations_table(explanation: Explanation) -> Table:
    """Put each observation beside what was measured."""
    header = ["section", "observation", "measured", "verdict"]
    return table(header, [[o.section, o.claim, o.measured, o.verdict] for o in observations(explanation)])


def _heading(explanation: Explanation) -> str:
    return f"{explanation.subject}: {explanation.inside.name} and {explanation.outside.name}"


def _blocks(explanation: Explanation) -> list[Block]:
    return [
        observations_table(explanation), _couplings(explanation), _latents(explanation), _gap(explanation),
        _provenance(explanation),
    ]  # fmt: skip


def _verdicts(explanations: Sequence[Explanation]) -> Table:
    heads = [f"{one.subject} ({one.outside.name})" for one in explanations]
    same = zip(*map(observations, explanations), strict=True)
    rows = [[each[0].section, each[0].claim, *(one.verdict for one in each)] for each in same]
    return table(["section", "observation", *heads], rows)


def _latents(explanation: Explanation) -> Table:
    sets = explanation.sets
    heads = [f"correlation of |z| with edges, {data.name}" for data in sets]
    heads += [f"correlation of z with the image, no sign, {data.name}" for data in sets]
    rows = []
    for kind in explanation.inside.edge_correlation:
        cells = [data.edge_correlation[kind] for data in sets] + [data.image_correlation[kind] for data in sets]
        rows.append([label(kind, explanation.options.draws), *(with_interval(cell, 2) for cell in cells)])
    return table(["latents", *heads], rows)


def _couplings(explanation: Explanation) -> Table:
    quantities = {key: (name, 2) for key, name in _R2.items()} | _SCALES
    heads = [f"{name}, {data.name}" for name, _ in quantities.values() for data in explanation.sets]
    rows = []
    for place, pair in enumerate(zip(*(data.couplings for data in explanation.sets), strict=True), 1):
        height, width = pair[0].size
        estimates = [(getattr(layer, key), digits) for key, (_, digits) in quantities.items() for layer in pair]
        cells = [number(estimate and estimate.value, digits) for estimate, digits in estimates]
        rows.append([str(place), f"{height}x{width}", *cells])
    return table(["coupling", "at", *heads], rows)


def _gap(explanation: Explanation) -> Table:
    header = [
        "part of log p(x), bits/dim", explanation.inside.name, explanation.outside.name, "difference [95 % interval]"
    ]  # fmt: skip
    return table(header, [
        [part.name, number(part.inside, 3), number(part.outside, 3), with_interval(part.difference, 3)]
        for part in explanation.between.gap
    ])  # fmt: skip


def _provenance(explanation: Explanation) -> Bullets:
    made, options, trained = explanation.provenance, explanation.options, explanation.trained
    items: list[Text] = []
    if trained:
        items.append((Code(trained.command), f" (commit {trained.commit}, {counted(trained.steps, 'step')})"))
    how = f"seed {options.seed}, {counted(options.draws, 'dequantisation')} for mean latents"
    items.append((Code(made.command), f" (commit {made.commit}, {made.day}, {how})"))
    if explanation.differences == "bounded":
        items.append(
            "Intervals of differences that verdicts rest on are bounds from those of both sides, wider than what newer "
            "explanations have."
        )
    items += map(data_item, explanation.sets)
    return Bullets(tuple(items))
