"""Tables of evaluated runs, with the paper's numbers beside ours."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oodflow.errors import OodflowError
from oodflow.experiments.config import RunConfig
from oodflow.experiments.meaning import meaning
from oodflow.experiments.overrides import override
from oodflow.experiments.pictures import who
from oodflow.experiments.published import PUBLISHED_AUROC, SOURCE
from oodflow.experiments.recipes import RECIPES
from oodflow.experiments.run_dir import RunDir
from oodflow.files import write_text

LIKELIHOOD_HEADER = """\
| flow, trained on | scale | bits/dim | asked about | bits/dim | AUROC %, measured [95 % interval] | AUROC %, paper |
|---|---|---|---|---|---|---|"""


def compare(runs: Sequence[RunDir]) -> list[dict[str, Any]]:
    """Collect the records of evaluated runs.

    Raises:
        OodflowError: when a run has not been trained or evaluated.
    """
    records = []
    for run in runs:
        record = run.record()
        if "training" not in record:
            raise OodflowError(f"{run.path} has not been trained: run `oodflow train --resume {run.path}` first.")
        if "evaluation" not in record:
            raise OodflowError(f"{run.path} has not been evaluated: run `oodflow evaluate {run.path}` first.")
        records.append(record)
    return records


def as_markdown(records: Sequence[dict[str, Any]], title: str) -> str:
    """Write records as a page: the likelihood beside the paper's, the other scores, and what it all rests on."""
    likelihoods = [row for record in records for row in _likelihood_rows(record)]
    paper = (
        f"Paper: {SOURCE}. AUROC of the likelihood in per cent: 50 is chance, and below 50 the flow prefers the other "
        "set to its own test data."
    )
    words = [
        f"{_who(record['config'])}, in words:\n\n> {sentence}\n"
        for record in records
        if (sentence := meaning(record["evaluation"]))
    ]
    page = [f"# {title}", "", LIKELIHOOD_HEADER, *likelihoods, "", paper, "", *words]
    scores = list(dict.fromkeys(score for record in records for score in _scores(record) if score != "likelihood"))
    if scores:
        columns = "| flow, trained on | asked about | " + " | ".join(["likelihood", *scores]) + " |"
        rows = [row for record in records for row in _score_rows(record, ["likelihood", *scores])]
        rule = "|---" * (len(scores) + 3) + "|"
        page += ["## Other scores, AUROC %", "", columns, rule, *rows, ""]
    grounds = [ground for record in records for ground in _grounds(record)]
    return "\n".join([*page, "## What these rest on", "", *grounds]) + "\n"


def write(records: Sequence[dict[str, Any]], path: Path) -> tuple[Path, Path]:
    """Write and return ``path.md`` and ``path.json``."""
    name = path.name.removesuffix(".md").removesuffix(".json")
    page, data = path.with_name(f"{name}.md"), path.with_name(f"{name}.json")
    write_text(page, as_markdown(records, name.replace("-", " ").capitalize()))
    write_text(data, json.dumps(list(records), indent=2) + "\n")
    return page, data


def _likelihood_rows(record: dict[str, Any]) -> list[str]:
    config = record["config"]
    inside, *others = record["evaluation"]["sets"]
    published = PUBLISHED_AUROC.get((config["flow"]["kind"], config["data"]), {})
    rows = []
    for outside in others:
        metrics = outside["scores"].get("likelihood")
        if metrics is None:
            continue
        low, high = (f"{100 * end:.1f}" for end in metrics["AUROC-CI95"])
        paper = published.get(outside["name"])
        rows.append(_line(
            _who(config), _scale(config), f"{inside['bits_per_dim']:.3f}", outside["name"],
            f"{outside['bits_per_dim']:.3f}", f"{100 * metrics['AUROC']:.1f} [{low}, {high}]",
            "" if paper is None else str(paper),
        ))  # fmt: skip
    return rows


def _score_rows(record: dict[str, Any], scores: list[str]) -> list[str]:
    rows = []
    for outside in record["evaluation"]["sets"][1:]:
        areas = [outside["scores"].get(score, {}).get("AUROC") for score in scores]
        cells = ["" if area is None else f"{100 * area:.1f}" for area in areas]
        rows.append(_line(_who(record["config"]), outside["name"], *cells))
    return rows


def _scores(record: dict[str, Any]) -> list[str]:
    return [score for outside in record["evaluation"]["sets"][1:] for score in outside["scores"]]


def _who(config: dict[str, Any]) -> str:
    return who(RunConfig.model_validate(config))


def _scale(config: dict[str, Any]) -> str:
    """Name the scale, and say so where the recipe was bent: a published configuration is one without overrides."""
    if config["recipe"] not in RECIPES:
        return f"{config['scale']}, of a recipe that is not registered"
    seed = config["training"]["seed"]
    recipe = override(RECIPES[config["recipe"]](config["scale"]), [f"training.seed={seed}"])
    changed = recipe.model_dump(mode="json") != config
    return f"{config['scale']}, changed" if changed else str(config["scale"])


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _grounds(record: dict[str, Any]) -> list[str]:
    config, training, evaluation = record["config"], record["training"], record["evaluation"]
    sets = [training["data"], *evaluation["sets"]]
    return [
        f"**{config['recipe']}**, {config['scale']} scale, seed {config['training']['seed']}, "
        f"{training['parameters']:,} parameters, {training['steps']:,} steps of {config['training']['batch_size']} in "
        f"{training['seconds']:.0f} s ({training['threads']} threads, {training['device']}, "
        f"torch {training['torch']}), {training['skipped_steps']} steps skipped.",
        "",
        f"- `{training['command']}` (commit {training['commit']}, {training['date'][:10]}"
        + (f", resumed {len(training['resumed'])} times)" if training.get("resumed") else ")"),
        f"- `{evaluation['command']}` (commit {evaluation['commit']}, seed {evaluation['seed']}, "
        f"{evaluation['draws']} dequantisation draw{'s' if evaluation['draws'] > 1 else ''}"
        + (f", at most {evaluation['limit']:,} images of each set)" if evaluation["limit"] else ")"),
        *(
            f"- {data['name']} {data['split']}: {data['images']:,} images, fingerprint `{data['fingerprint']}`"
            + (f"; {data['note']}" if data["note"] else "")
            for data in sets
        ),
        "",
    ]
