"""Tables of evaluated runs, with the paper's numbers beside ours."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oodflow.errors import OodflowError
from oodflow.experiments.published import PUBLISHED_AUROC, SOURCE
from oodflow.experiments.run_dir import RunDir
from oodflow.files import write_text

HEADER = (
    "| flow | trained on | scale | bits/dim | asked about | bits/dim | score | AUROC, measured [95 % interval] "
    "| AUROC, paper |\n|---|---|---|---|---|---|---|---|---|"
)


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
    """Write records as a page: one table of results, and below it what each rests on."""
    rows = [row for record in records for row in _rows(record)]
    grounds = [ground for record in records for ground in _grounds(record)]
    paper = (
        f"Paper: {SOURCE}. AUROC in per cent, higher = the score finds more of the set out of distribution; "
        "50 = no better than chance, below 50 = the set is taken for the training data more than that data itself."
    )
    return "\n".join([f"# {title}", "", HEADER, *rows, "", paper, "", "## What these rest on", "", *grounds]) + "\n"


def write(records: Sequence[dict[str, Any]], path: Path) -> tuple[Path, Path]:
    """Write and return ``path.md`` and ``path.json``."""
    name = path.name.removesuffix(".md").removesuffix(".json")
    page, data = path.with_name(f"{name}.md"), path.with_name(f"{name}.json")
    write_text(page, as_markdown(records, name.replace("-", " ").capitalize()))
    write_text(data, json.dumps(list(records), indent=2) + "\n")
    return page, data


def _rows(record: dict[str, Any]) -> list[str]:
    config = record["config"]
    inside, *others = record["evaluation"]["sets"]
    published = PUBLISHED_AUROC.get((config["flow"]["kind"], config["data"]), {})
    rows = []
    for outside in others:
        for score, metrics in outside["scores"].items():
            low, high = metrics["AUROC-CI95"]
            area = f"{100 * metrics['AUROC']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
            paper = published.get(outside["name"]) if score == "likelihood" else None
            cells = [
                config["flow"]["kind"], config["data"], config["scale"], f"{inside['bits_per_dim']:.3f}",
                outside["name"], f"{outside['bits_per_dim']:.3f}", score, area, "" if paper is None else f"{paper:g}",
            ]  # fmt: skip
            rows.append("| " + " | ".join(cells) + " |")
    return rows


def _grounds(record: dict[str, Any]) -> list[str]:
    config, training, evaluation = record["config"], record["training"], record["evaluation"]
    sets = [training["data"], *evaluation["sets"]]
    return [
        f"**{config['recipe']}**, {config['scale']} scale, seed {config['training']['seed']}, "
        f"{training['parameters']:,} parameters, {training['steps']:,} steps of {config['training']['batch_size']} in "
        f"{training['seconds']:.0f} s ({training['threads']} threads, {training['device']}, "
        f"torch {training['torch']}), "
        f"{training['skipped_steps']} steps skipped.",
        "",
        f"- `{training['command']}` (commit {training['commit']}, {training['date'][:10]}"
        + (f", resumed {len(training['resumed'])} times)" if training.get("resumed") else ")"),
        f"- `{evaluation['command']}` (commit {evaluation['commit']}, seed {evaluation['seed']}, "
        f"{evaluation['draws']} dequantisation draw{'s' if evaluation['draws'] > 1 else ''})",
        *(
            f"- {data['name']} {data['split']}: {data['images']:,} images, fingerprint `{data['fingerprint']}`"
            + (f"; {data['note']}" if data["note"] else "")
            for data in sets
        ),
        "",
    ]
