"""An explanation as a page, and several as one."""

from collections import Counter
from collections.abc import Sequence

from oodflow.document import Block, Bullets, Code, Document, Figure, Paragraph, Section, Table, Text, table
from oodflow.document.numbers import counted, number, with_interval
from oodflow.explanation.measure import label
from oodflow.explanation.observations import Verdict, observations
from oodflow.explanation.record import Explanation, Explanations
from oodflow.runs.pages import data_item
from oodflow.runs.replicas import by_seed

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
    groups = _replicas(explanations.explanations)
    introduction = (
        f"What trained flows say about the observations of {SOURCE}, sections 3, 4 and appendix M.1. In brackets: 95 % "
        f"bootstrap intervals over images; {_seeds(groups)}."
    )
    return Document(
        title,
        (
            Paragraph(introduction),
            Section("In short", (_verdicts(groups),)),
            *(Section(_heading(one, group), tuple(_blocks(one))) for group in groups for one in group),
        ),
    )


def observations_table(explanation: Explanation) -> Table:
    """Put each observation beside what was measured."""
    header = ["section", "observation", "measured", "verdict"]
    return table(header, [[o.section, o.claim, o.measured, o.verdict] for o in observations(explanation)])


def _heading(explanation: Explanation, replicas: Sequence[Explanation] = ()) -> str:
    """Name what is explained, and the seed where there are several."""
    seed = f", seed {explanation.trained.seed}" if len(replicas) > 1 and explanation.trained else ""
    return f"{explanation.subject}{seed}: {explanation.inside.name} and {explanation.outside.name}"


def _replicas(explanations: Sequence[Explanation]) -> list[list[Explanation]]:
    """Put explanations together that differ in nothing but the seed of training, which must be known."""
    return by_seed(explanations, seed=lambda one: one.trained.seed if one.trained else None, rest=_all_but_seed)


def _all_but_seed(one: Explanation) -> str:
    sets = [(data.name, data.fingerprint) for data in one.sets]
    return str((one.trained and (one.trained.configuration, one.trained.steps), one.options, sets))


def _seeds(groups: Sequence[Sequence[Explanation]]) -> str:
    numbers = sorted({len(group) for group in groups})
    return "one training seed each" if numbers == [1] else f"{' or '.join(map(str, numbers))} training seeds each"


def _blocks(explanation: Explanation) -> list[Block]:
    return [
        observations_table(explanation), _couplings(explanation), _latents(explanation), _gap(explanation),
        _provenance(explanation),
    ]  # fmt: skip


def _verdicts(groups: Sequence[Sequence[Explanation]]) -> Table:
    heads = [f"{group[0].subject} ({group[0].outside.name})" for group in groups]
    told = [[*zip(*map(observations, group), strict=True)] for group in groups]  # by group, claim and seed
    rows: list[list[Text]] = [
        [claims[0][0].section, claims[0][0].claim, *(_together([one.verdict for one in seeds]) for seeds in claims)]
        for claims in zip(*told, strict=True)
    ]
    return table(["section", "observation", *heads], rows)


def _together(verdicts: Sequence[Verdict]) -> str:
    """Write the verdict of all seeds, or how many of them say what."""
    counts = Counter(verdicts)
    return verdicts[0] if len(counts) == 1 else ", ".join(f"{verdict} ({n})" for verdict, n in counts.most_common())


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
