"""Tables of evaluated runs, with the paper's numbers beside ours."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oodflow.document.markdown import line
from oodflow.errors import OodflowError
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.record import Evaluation, chosen
from oodflow.files import page_and_data, write_text
from oodflow.recipes.named import RECIPES
from oodflow.report.provenance import grounds
from oodflow.report.published import PUBLISHED_AUROC, SOURCE
from oodflow.report.replicas import Record, Replicas, replicas, summary
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.overrides import fields_of, override

LIKELIHOOD_HEADER = """\
| flow, trained on | scale | bits/dim | asked about | bits/dim | AUROC %, measured [95 % interval] | AUROC %, paper |
|---|---|---|---|---|---|---|"""


def compare(paths: Sequence[Path]) -> list[Record]:
    """Collect the records of runs, each with an evaluation: the newest of a run, or the one whose folder is named.

    Raises:
        UsageError: when a path is neither.
        OodflowError: when a run has not been trained or evaluated.
    """
    records = []
    for path in paths:
        run, evaluation = chosen(path)
        record = run.record()
        if "training" not in record and "imported" not in record:
            raise OodflowError(f"{run.path} has not been trained: run `oodflow train --resume {run.path}` first.")
        records.append(record | {"evaluation": evaluation.as_dict()})
    return records


def as_markdown(records: Sequence[Record], title: str) -> str:
    """Write records as a page: the likelihood beside the paper's, the other scores, and what it all rests on.

    Runs that differ in their seed alone share a row, with mean and standard deviation.
    """
    groups = replicas(records)
    page = [f"# {title}", "", LIKELIHOOD_HEADER, *(row for group in groups for row in _likelihood_rows(group)), ""]
    page += [_legend(groups), "", *(sentence for group in groups for sentence in _words(group))]
    names = [name for group in groups for data in group.outsides for name in data["scores"] if name != "likelihood"]
    if scores := list(dict.fromkeys(names)):
        columns = "| flow, trained on | asked about | " + " | ".join(["likelihood", *scores]) + " |"
        rows = [row for group in groups for row in _score_rows(group, ["likelihood", *scores])]
        rule = "|---" * (len(scores) + 3) + "|"
        page += ["## Other scores, AUROC %", "", columns, rule, *rows, ""]
    return (
        "\n".join([*page, "## What these rest on", "", *(ground for group in groups for ground in grounds(group))])
        + "\n"
    )


def write(records: Sequence[Record], path: Path) -> tuple[Path, Path]:
    """Write and return ``path.md`` and ``path.json``."""
    page, data = page_and_data(path)
    write_text(page, as_markdown(records, page.stem.replace("-", " ").capitalize()))
    write_text(data, json.dumps(list(records), indent=2) + "\n")
    return page, data


def _likelihood_rows(group: Replicas) -> list[str]:
    published = PUBLISHED_AUROC.get((group.config.flow.title, group.config.data), {})
    rows = []
    for place, outside in enumerate(group.outsides, 1):
        metrics = outside["scores"].get("likelihood")
        if metrics is None:
            continue
        low, high = (f"{100 * metrics[end]:.1f}" for end in ("auroc_low", "auroc_high"))
        areas = summary(_areas(group, place, "likelihood"), 1)
        paper = published.get(outside["name"])
        rows.append(line([
            name_of(group.config), scale_of(group.config), summary(group.of(0, _bits), 3), outside["name"],
            summary(group.of(place, _bits), 3), areas if len(group.seeds) > 1 else f"{areas} [{low}, {high}]",
            "" if paper is None else str(paper),
        ]))  # fmt: skip
    return rows


def _legend(groups: Sequence[Replicas]) -> str:
    seeds = " ± is the standard deviation over training seeds." if any(len(group.seeds) > 1 for group in groups) else ""
    return (
        f"Paper: {SOURCE}. AUROC of the likelihood in per cent: 50 is chance, and below 50 the flow prefers the other "
        f"set to its own test data.{seeds}"
    )


def _words(group: Replicas) -> list[str]:
    """Say what came out, of a single run."""
    sentence = conclusion(Evaluation.parse(group.records[0]["evaluation"])) if len(group.seeds) == 1 else ""
    return [f"{name_of(group.config)}, in words:\n\n> {sentence}\n"] if sentence else []


def _score_rows(group: Replicas, scores: list[str]) -> list[str]:
    rows = []
    for place, outside in enumerate(group.outsides, 1):
        areas = [_areas(group, place, score) for score in scores]
        cells = [summary(area, 1) if area else "" for area in areas]
        rows.append(line([name_of(group.config), outside["name"], *cells]))
    return rows


def _areas(group: Replicas, place: int, score: str) -> list[float]:
    """Collect the AUROC of a score over the seeds, in per cent."""
    return [100 * area for area in group.of(place, lambda data: data["scores"].get(score, {}).get("auroc"))]


def _bits(data: Record) -> float:
    return float(data["bits_per_dim"])


def scale_of(config: RunConfig) -> str:
    """Name the scale, and what of the recipe was bent: a published configuration is one without overrides."""
    if config.training is None:
        return config.scale
    if config.recipe not in RECIPES:
        return f"{config.scale}, of a recipe that is not registered"
    recipe = override(RECIPES[config.recipe](config.scale), [f"training.seed={config.training.seed}"])
    bent = [name for name in fields_of(config) if _field(config, name) != _field(recipe, name)]
    # Which sets they are stands in the row already.
    changed = [f"other {name}" if name in ("data", "ood") else f"{name}={_field(config, name)}" for name in bent]
    return ", ".join([config.scale, *changed])


def _field(config: RunConfig, name: str) -> Any:
    """Read a field by its dotted name; none where another kind does not have it."""
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part, None)
    return value
