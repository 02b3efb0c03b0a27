"""Explaining a run: measure, draw, and write it all into the run directory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oodflow.data import ImageSet, load
from oodflow.errors import UsageError
from oodflow.explanation.measure import measure, wants_train_mode
from oodflow.explanation.options import ExplainOptions, shown_indices
from oodflow.explanation.page import as_markdown
from oodflow.explanation.pictures import PICTURES, Subject, gap_parts
from oodflow.figures import save_figure
from oodflow.files import file_name, write_text
from oodflow.flows import Flow
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.provenance import describe, provenance
from oodflow.runs.run_dir import RunDir
from oodflow.runs.run_dir import load as load_flow
from oodflow.statistics import require_images, require_shape
from oodflow.training import choose_device

FORMATS = ("png", "svg")


def explain(
    run: RunDir,
    options: ExplainOptions,
    *,
    command: str,
    root: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Show why a flow finds images of another set as likely as its own, or not.

    Writes ``explain/<set>/`` into the run directory: each of ``PICTURES`` as PNG and SVG, ``explain.json`` and a page,
    ``explain.md``.

    Args:
        run: a trained run.
        options: what to explain.
        command: what the user typed, for the record.
        root: where data sets lie.
        say: takes a line before each part.

    Returns:
        What stands in ``explain.json``: the measured quantities of both sets, and what they were measured on.

    Raises:
        UsageError: for an unknown set, images of another shape than the flow's, an index that a set does not have, a
            flow over anything but 8-bit images, and train mode where there is no batch norm.
        OodflowError: for missing or damaged data or weights.
    """
    config = run.config()
    flow = load_flow(run.path).to(choose_device(options.device))
    run.require_writable()
    require_images(flow)
    sets = _open_sets(config, flow, options, root)
    train_mode = wants_train_mode(flow, options.train_mode)
    settings: dict[str, Any] = {"draws": options.draws, "seed": options.seed, "train_mode": train_mode}
    indices = {images.name: shown_indices(images, options.images) for images in sets}
    shown = {images.name: images.batch(indices[images.name]) for images in sets}
    others = {images.name: images.limit(options.measured).batch(slice(None)) for images in sets}
    measured = {}
    for name, images in others.items():
        say(f"measuring on {len(images):,} images of {name}")
        measured[name] = measure(flow, images, **settings)
    named = f"{name_of(config)}, {config.scale} scale"
    subject = Subject(named, flow, shown, others, indices, measured, **settings)
    folder = run.path / "explain" / file_name(subject.names[1])
    figures = {}
    for name, draw in PICTURES.items():
        say(f"drawing {name}")
        if (figure := draw(subject)) is not None:
            figures[name] = figure
    record = provenance(command) | settings | {
        "who": subject.who, "recipe": config.recipe, "device": str(flow.device), "shown": indices,
        "trained": {key: run.record().get("training", {}).get(key) for key in ("command", "commit", "steps")},
        "gap": gap_parts(measured, subject.names, flow.dims, options.seed),
        "sets": [
            describe(images.limit(options.measured))
            | {key: value for key, value in measured[images.name].items() if key not in ("log_prob", "parts")}
            for images in sets
        ],
    }  # fmt: skip
    say(f"writing {folder}")  # only now: what is stopped before leaves the explanation before as it was
    for name, figure in figures.items():
        for suffix in FORMATS:
            save_figure(figure, folder / f"{name}.{suffix}")
    write_text(folder / "explain.json", json.dumps(record, indent=1, allow_nan=False) + "\n")
    write_text(folder / "explain.md", as_markdown(record))
    return record | {"folder": str(folder)}


def _open_sets(config: RunConfig, flow: Flow, options: ExplainOptions, root: Path | None) -> list[ImageSet]:
    """Open the test set and the other before anything is measured."""
    ood = options.ood or (config.ood[0] if config.ood else None)
    if ood is None:
        raise UsageError(
            "there is nothing to compare with: name an out-of-distribution set with --ood, as --ood mnist."
        )
    if ood == config.data:
        raise UsageError(f"{config.data} is what this flow was trained on: name another data set.")
    sets = [load(config.data, "test", root=root), load(ood, config.asked_split(ood), root=root)]
    for images in sets:
        require_shape(flow, images)
        if min(len(images), options.measured) < 2:
            raise UsageError(f"{images.name} has {len(images)} image: it takes at least 2 to measure something.")
    return sets
