"""An explanation as a page, and several as a table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from oodflow.document.markdown import line
from oodflow.errors import OodflowError
from oodflow.explanation.measure import label
from oodflow.explanation.observations import observations, predicts
from oodflow.explanation.pictures import PICTURES, said
from oodflow.files import page_and_data, write_text
from oodflow.runs.run_dir import RunDir

Record = Mapping[str, Any]

NO_SHIFT = (
    "Left out: the transformer of this flow's couplings has no shift, so they predict nothing that could be compared "
    "with what they change. Its s is the logarithm of each number's own derivative."
)

SOURCE = "Kirichenko, Izmailov, Wilson (2020), arXiv:2006.08545"


def as_markdown(record: Record) -> str:
    """Write a record of :func:`oodflow.explanation.explain` as a page with its figures."""
    inside, outside = (data["name"] for data in record["sets"])
    page = [f"# {record['who']}: {inside} and {outside}", ""]
    page += ["## What it says about the paper's observations", "", *_observations([record]), ""]
    page += ["## The image in the latents", "", *_latents(record), ""]
    page += ["## Coupling layers", "", *_layers(record), "", "## Where the gap comes from", "", *_gap(record), ""]
    for name, draw in PICTURES.items():
        shown = f"![{name}]({name}.png)" if name != "predictions" or predicts(record) else NO_SHIFT
        page += [f"## {name.capitalize()}", "", _first_line(draw), "", shown, ""]
    return "\n".join([*page, "## What this rests on", "", *_grounds(record)]) + "\n"


def read_explanations(runs: Sequence[RunDir]) -> list[Record]:
    """Read all explanations in run directories.

    Raises:
        OodflowError: for a run without any, or a damaged one.
    """
    records: list[Record] = []
    for run in runs:
        files = sorted((run.path / "explain").glob("*/explain.json"))
        if not files:
            raise OodflowError(f"{run.path} has not been explained: run `oodflow explain {run.path}` first.")
        for file in files:
            try:
                record = json.loads(file.read_bytes())
                as_markdown(record)
            except (ValueError, TypeError, KeyError, IndexError) as error:
                raise OodflowError(f"{file} is damaged ({error}): run `oodflow explain {run.path}` again.") from error
            records.append(record)
    return records


def collected(records: Sequence[Record], title: str) -> str:
    """Write several explanations as one page: the observations side by side, and the quantities of each."""
    page = [
        f"# {title}", "",
        f"What trained flows say about the observations of {SOURCE}, sections 3, 4 and appendix M.1. In brackets: 95 % "
        "bootstrap intervals over images; one training seed each.", "",
        "## In short", "", *_verdicts(records), "",
    ]  # fmt: skip
    for record in records:
        inside, outside = (data["name"] for data in record["sets"])
        page += [f"## {record['who']}: {inside} and {outside}", "", *_observations([record]), "", *_layers(record), ""]
        page += [*_latents(record), "", *_gap(record), "", *_grounds(record), ""]
    return "\n".join(page).rstrip() + "\n"


def write(records: Sequence[Record], path: Path) -> tuple[Path, Path]:
    """Write and return ``path.md`` and ``path.json``."""
    page, data = page_and_data(path)
    write_text(page, collected(records, page.stem.replace("-", " ").capitalize()))
    write_text(data, json.dumps(list(records), indent=1, allow_nan=False) + "\n")
    return page, data


def _verdicts(records: Sequence[Record]) -> list[str]:
    by_run = [observations(record) for record in records]
    heads = [f"{record['who']} ({record['sets'][1]['name']})" for record in records]
    rows = [line(["section", "observation", *heads]), line(["---"] * (2 + len(records)))]
    same = zip(*by_run, strict=True)
    return rows + [line([each[0].section, each[0].claim, *(one.verdict for one in each)]) for each in same]


def _observations(records: Sequence[Record]) -> list[str]:
    rows = [line(["section", "observation", "measured", "verdict"]), line(["---"] * 4)]
    for record in records:
        rows += [line([o.section, o.claim, o.measured, o.verdict]) for o in observations(record)]
    return rows


def _latents(record: Record) -> list[str]:
    names = [data["name"] for data in record["sets"]]
    what = {"edges": "\\|z\\| with edges", "shape": "z with the image, no sign"}
    heads = [f"correlation of {said_so}, {name}" for said_so in what.values() for name in names]
    rows = [line(["latents", *heads]), line(["---"] * (1 + len(heads)))]
    for kind in record["sets"][0]["edges"]:
        cells = [said(data[key][kind], 2) for key in what for data in record["sets"]]
        rows.append(line([label(kind, record["draws"]), *cells]))
    return rows


def _layers(record: Record) -> list[str]:
    names = [data["name"] for data in record["sets"]]
    quantities = [
        ("R²", "r2", 2), ("R² erased", "r2_erased", 2), ("R² swapped", "r2_swapped", 2),
        ("R² swapped, other image", "r2_donor", 2), ("mean s", "mean_log_scale", 2),
        ("log-det, nats/dim", "log_det", 3),
    ]  # fmt: skip
    if not predicts(record):
        quantities = [quantity for quantity in quantities if not quantity[1].startswith("r2")]
    heads = [f"{quantity}, {name}" for quantity, _, _ in quantities for name in names]
    rows = [line(["coupling", "at", *heads]), line(["---"] * (2 + len(heads)))]
    layers = zip(*(data["couplings"] for data in record["sets"]), strict=True)
    for number, pair in enumerate(layers, 1):
        height, width = pair[0]["size"]
        cells = [
            "" if layer[key] is None else f"{layer[key]['value']:.{digits}f}".replace("-", "−")
            for _, key, digits in quantities
            for layer in pair
        ]
        rows.append(line([str(number), f"{height}x{width}", *cells]))
    return rows


def _gap(record: Record) -> list[str]:
    inside, outside = (data["name"] for data in record["sets"])
    rows = [
        line(["part of log p(x), bits/dim", inside, outside, "difference [95 % interval]"]), line(["---"] * 4),
    ]  # fmt: skip
    for part in record["gap"]:
        difference = {"value": part["outside"] - part["inside"], "low": part["low"], "high": part["high"]}
        values = [f"{part[side]:.3f}".replace("-", "−") for side in ("inside", "outside")]
        rows.append(line([part["name"], *values, said(difference, 3)]))
    return rows


def _grounds(record: Record) -> list[str]:
    trained = record["trained"]
    began = f"- `{trained['command']}` (commit {trained['commit']}, {trained['steps']:,} steps)"
    return [
        *([began] if trained["command"] else []),
        f"- `{record['command']}` (commit {record['commit']}, {record['date'][:10]}, seed {record['seed']}, "
        f"{record['draws']} dequantisations for mean latents)",
        *(
            f"- {data['name']} {data['split']}: {data['images']:,} images, fingerprint `{data['fingerprint']}`"
            + (f"; {data['note']}" if data["note"] else "")
            for data in record["sets"]
        ),
    ]


def _first_line(draw: Any) -> str:
    return str(draw.__doc__).splitlines()[0]
