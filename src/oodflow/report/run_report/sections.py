"""The parts of a run's page."""

from pathlib import Path

from oodflow.document import (
    Block,
    Bullets,
    Code,
    CodeBlock,
    Figure,
    Paragraph,
    Quote,
    Section,
    Strong,
    Text,
    table_of_numbers,
)
from oodflow.document.numbers import counted, number
from oodflow.document.plain import with_files
from oodflow.errors import OodflowError
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.record import Evaluation
from oodflow.explanation.explain import FILE as EXPLANATION
from oodflow.explanation.gallery import PICTURES, figures_of_page
from oodflow.explanation.page import explanation_document
from oodflow.explanation.record import Explanation
from oodflow.figures import figure_bytes
from oodflow.files import in_folders
from oodflow.report.bits import bits_legend, likelihood_head, likely
from oodflow.report.curves import draw_curves
from oodflow.report.evaluated_runs import EvaluatedRun
from oodflow.report.evaluation import TOLD_APART, evaluation_document, told_apart
from oodflow.report.looks import Curves, read_curve
from oodflow.report.published import SOURCE, published_auroc
from oodflow.report.replicas import Replicas
from oodflow.report.rests_on import provenance_blocks
from oodflow.report.run_report.distributions import distributions
from oodflow.report.run_report.galleries import Means, galleries
from oodflow.report.run_report.stored import Stored, stored
from oodflow.runs.naming import name_of
from oodflow.runs.provenance import Provenance
from oodflow.runs.record import RunRecord
from oodflow.runs.run_dir import RunDir

WITH_FIGURES = 2  # runs on a page, up to which it has the figures of their explanations: so it stays below 10 MB
_DISTRIBUTIONS = "Distributions and ROC curves"

FROM_EVALUATION = {
    "likelihoods": ("Likelihoods", "How likely the flow finds each set."),
    "samples": ("Samples", "Drawn from the flow, the same latents each time."),
    "maps": ("Which pixels scores come from", "The first images of each set, and what each pixel adds to a score."),
}
"""Figures of an evaluation that the page takes over: by name, title and caption."""


def other_sections(run: RunDir, prefix: str, means: Means) -> list[Block]:
    """Say of a run that has not been evaluated what there is to say."""
    record = run.record()
    if record is None or record.begun is None:
        return [Paragraph(("It has not been trained: ", Code(f"oodflow train --resume {run.path}"), " does that."))]
    return [
        Paragraph(_what_it_is(record)),
        Paragraph(("It has not been evaluated: ", Code(f"oodflow evaluate {run.path}"), " does that.")),
        *_training(run, prefix, means),
        *_explanations(run, record, prefix, means),
    ]


def evaluated_sections(run: RunDir, one: EvaluatedRun, prefix: str, means: Means) -> list[Block]:
    """Lay an evaluated run out, from what it comes to in short to what it rests on."""
    evaluation = one.evaluation
    return [
        Section("In short", (Paragraph(_what_it_is(one.run)), *_verdict(evaluation), *_likelihood(one))),
        *_matrix(evaluation),
        *_in_pictures(run, evaluation, prefix, means),
        *_explanations(run, one.run, prefix, means),
        *_training(run, prefix, means),
        Section("Every score and set", _in_full(evaluation)),
        Section("What this rests on", (*provenance_blocks(Replicas([one])), *_machines(one), *_configuration(run))),
    ]


def _what_it_is(record: RunRecord) -> tuple[str | Strong, ...]:
    config, training, imported = record.config, record.training, record.imported
    if training is None:
        parameters = f"{number(imported.parameters, 0)} parameters, imported" if imported else "not trained"
        return (Strong(name_of(config)), f": {parameters}.")
    shape = "x".join(map(str, training.data.shape))
    asked = config.training.steps if config.training else training.steps
    unfinished = f" of {number(asked, 0)}" if training.steps < asked else ""
    return (
        Strong(name_of(config)),
        f": {number(training.parameters, 0)} parameters, trained for {counted(training.steps, 'step')}{unfinished} in "
        f"{number(training.seconds, 0)} s on {number(training.data.images, 0)} {training.data.unit} of shape {shape}.",
    )


def _verdict(evaluation: Evaluation) -> list[Block]:
    verdict = evaluation.verdict or conclusion(evaluation)
    return [Quote(verdict)] if verdict else []


def _likelihood(one: EvaluatedRun) -> list[Block]:
    """Put what the likelihood says of each set beside what the paper says, if it does."""
    evaluation, config = one.evaluation, one.run.config
    published = published_auroc(config.flow, config.data)
    rows: list[list[Text]] = []
    for place, data in enumerate(evaluation.sets):
        row: list[Text] = [data.name, f"{data.images:,}", likely([evaluation], place)]
        if (found := data.scores.get("likelihood")) is None:
            row += ["in-distribution" if data is evaluation.inside else "", *[""] * (len(TOLD_APART) - 1)]
        else:
            row += told_apart(found)
        rows.append([*row, *([str(published.get(data.name, ""))] if published else [])])
    header = ["set", evaluation.inside.unit, likelihood_head(evaluation), *TOLD_APART]
    header += ["AUROC %, paper"] * bool(published)
    legend = "Of the likelihood, in per cent. AUROC 50 is chance; below, the set is mistaken for the training data."
    source = f" Paper: {SOURCE}." if published else ""
    draws = bits_legend([evaluation])
    return [
        table_of_numbers(header, rows),
        Paragraph(f"{legend}{source}{draws and f' {draws}'}"),
    ]


def _training(run: RunDir, prefix: str, means: Means) -> list[Block]:
    """Draw how good the run was after how long, if that was looked at."""
    try:
        curve = read_curve(run)
    except OodflowError:
        return []
    file = f"{prefix}training.png"
    means.pictures[file] = figure_bytes(draw_curves(Curves(curves=(curve,), by="steps"), curve.name), "png")
    last = curve.looks[-1]
    areas = ", ".join(f"{name} {number(100 * area, 1)}" for name, area in last.auroc.items())
    caption = (
        f"Bits/dim of {curve.images:,} {curve.training.data.unit} of the {curve.split} part while it was trained, and "
        f"the AUROC of the likelihood; at the end {number(last.bits_per_dim, 3)} bits/dim, AUROC in % of {areas}."
    )
    return [Section("Training", (Figure("curves", file, f"Bits/dim and AUROC of {curve.name} over steps", caption),))]


def _matrix(evaluation: Evaluation) -> list[Block]:
    """Put the AUROC of all scores together, a column a set, the best of each in bold."""
    names = list(dict.fromkeys(name for one in evaluation.outsides for name in one.scores))
    if len(names) < 2:
        return []
    best = [max((found.auroc for found in one.scores.values()), default=0) for one in evaluation.outsides]
    rows: list[list[Text]] = []
    for name in names:
        areas = [one.scores[name].auroc for one in evaluation.outsides]
        written = [number(100 * area, 1) for area in areas]
        cells = [Strong(text) if area == most else text for text, area, most in zip(written, areas, best, strict=True)]
        rows.append([name, *cells, number(100 * min(areas), 1)])
    header = ["AUROC %", *(one.name for one in evaluation.outsides), "worst"]
    legend = "The best of each column is in bold; worst is the lowest of a row."
    return [Section("Scores", (table_of_numbers(header, rows), Paragraph(legend)))]


def _in_full(evaluation: Evaluation) -> tuple[Block, ...]:
    """Take over the page of the evaluation, but for its conclusion, which stands at the top."""
    return tuple(block for block in evaluation_document(evaluation).blocks if not isinstance(block, Quote))


def _in_pictures(run: RunDir, evaluation: Evaluation, prefix: str, means: Means) -> list[Block]:
    """Show distributions, the evaluation's own figures and galleries, or say why there are none."""
    try:
        found = stored(run, evaluation)
    except OodflowError as error:
        return [Section(_DISTRIBUTIONS, (Paragraph(f"There are none here: {error}"),))]
    blocks: list[Block] = [Section(_DISTRIBUTIONS, (distributions(found),))]
    for name, (title, caption) in FROM_EVALUATION.items():
        if (file := found.folder / f"{name}.png").is_file():
            means.pictures[f"{prefix}{name}.png"] = file.read_bytes()
            blocks.append(Section(title, (Figure(name, f"{prefix}{name}.png", title, caption),)))
    return [*blocks, Section("Most and least likely", tuple(_galleries(found, prefix, means)))]


def _galleries(found: Stored, prefix: str, means: Means) -> list[Block]:
    try:
        return [*galleries(found, prefix, means)]
    except OodflowError as error:
        return [Paragraph(f"The {found.evaluation.inside.unit} are not shown: {error}")]


def _explanations(run: RunDir, record: RunRecord, prefix: str, means: Means) -> list[Block]:
    return [
        _explanation(Explanation.read(file), file, record, f"{prefix}explain-{i}-", means)
        for i, file in enumerate(in_folders(run.explanations_dir, EXPLANATION), 1)
    ]


def _explanation(explanation: Explanation, file: Path, record: RunRecord, prefix: str, means: Means) -> Section:
    """Take over the page of an explanation, with its figures."""
    drawn = [name for name in PICTURES if (file.parent / f"{name}.png").is_file()] if means.page <= WITH_FIGURES else []
    means.pictures.update({f"{prefix}{name}.png": (file.parent / f"{name}.png").read_bytes() for name in drawn})
    page = explanation_document(explanation, figures_of_page(drawn))
    blocks = with_files(page.blocks, f"{prefix}{{}}".format)
    if means.page > WITH_FIGURES:
        blocks = (Paragraph(("Its figures stand in ", Code(f"explain/{file.parent.name}/explain.md"), ".")), *blocks)
    now, then = record.training, explanation.trained
    if now is not None and then is not None and now.steps != then.steps:
        note = f"It was made after {counted(then.steps, 'step')}; the flow has been trained for {now.steps:,} by now."
        blocks = (Paragraph(note), *blocks)
    return Section(f"Why: {explanation.outside.name}", blocks)


def _machines(one: EvaluatedRun) -> list[Block]:
    begun, made = one.run.begun, one.evaluation.provenance
    assert begun is not None, "only runs that were trained or imported are evaluated"
    lines: list[Text] = [("Trained with " if one.run.training else "Imported with ") + _machine(begun)]
    return [Bullets((*lines, "Evaluated with " + _machine(made)))]


def _machine(made: Provenance) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in made.libraries.items())
    where = f"{made.system}, {counted(made.cpus or 0, 'core')}, {counted(made.threads, 'thread')}"
    gpu = f", {made.gpu}" if made.gpu else ""
    return f"oodflow {made.oodflow}, Python {made.python}, torch {made.torch}, {libraries}; {where}{gpu}."


def _configuration(run: RunDir) -> list[Block]:
    return [Paragraph("Its configuration:"), CodeBlock(run.written_config().model_dump_json(indent=1), "json")]
