"""How good runs were after how long: bits/dim and AUROC over the time of training."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oodflow.document.markdown import line
from oodflow.errors import OodflowError
from oodflow.figures import Line, curve_figure, save_figure
from oodflow.files import page_and_data, write_text
from oodflow.recipes.named import RECIPES
from oodflow.report.comparison import scale_of
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.run_dir import RunDir

TIMES = {30: "30 s", 60: "1 min", 150: "2.5 min", 300: "5 min", 600: "10 min", 1200: "20 min", 3600: "1 h", 7200: "2 h"}
"""After how many seconds the table tells where a run is."""


@dataclass(frozen=True)
class Look:
    """One look at a run in training.

    Attributes:
        seconds: time spent in training steps until then; looks do not count.
        step: steps done.
        bits_per_dim: of some images of its data.
        auroc: by out-of-distribution set, of the likelihood.
    """

    seconds: float
    step: int
    bits_per_dim: float
    auroc: dict[str, float]


@dataclass(frozen=True)
class Curve:
    """All looks at a run, and what the run was.

    Attributes:
        name: of the flow, its data and its scale.
        looks: in order.
        images: how many images of its data each look scored.
        split: of which part they are.
        training: section of the run's record.
    """

    name: str
    looks: list[Look]
    images: int
    split: str
    training: dict[str, Any]


def read_curve(run: RunDir) -> Curve:
    """Read the looks that the monitor took at a run, from its log.

    Raises:
        OodflowError: when there are none.
    """
    config = run.config()
    training = run.record().get("training", {})
    logged = [each for each in _logged(run) if "inside" in each]
    looks = [
        Look(
            each["seconds"], each["step"], each["inside"]["bpd"], {name: s["auroc"] for name, s in each["ood"].items()}
        )
        for each in logged
    ]
    if not looks or not training:
        raise OodflowError(f"{run.path} has no looks in its log.jsonl: train it, with a smaller monitor.every.")
    return Curve(_name(config), looks, config.monitor.images, logged[-1]["inside"]["split"], training)


def as_markdown(curves: Sequence[Curve], title: str, picture: str | None = None) -> str:
    """Write curves as a page: a row a run, a column a time, and what it rests on."""
    times = {time: name for time, name in TIMES.items() if any(curve.looks[-1].seconds >= time for curve in curves)}
    header = ["flow, trained on, scale", *times.values(), "at its end"]
    rows = [[curve.name, *(_cell(at(curve, time)) for time in times), _end(curve)] for curve in curves]
    page = [f"# {title}", "", *([f"![{title}]({picture})", ""] if picture else [])]
    page += [line(header), "|" + "---|" * len(header), *map(line, rows), ""]
    page += [
        "Bits/dim of images of its data, and in brackets the AUROC of the likelihood in per cent for each set that the "
        "flow was asked about, by the last look before that time. Time is that of training alone. A schedule that ends "
        "later is not at its best before.",
        "",
        *(f"- {_grounds(curve)}" for curve in curves),
    ]
    return "\n".join(page) + "\n"


def write(curves: Sequence[Curve], path: Path) -> tuple[Path, Path, Path]:
    """Write and return ``path.md``, ``path.json`` and ``path.png``."""
    page, data = page_and_data(path)
    picture = page.with_suffix(".png")
    title = page.stem.replace("-", " ").capitalize()
    save_figure(draw(curves, title), picture)
    write_text(page, as_markdown(curves, title, picture.name))
    write_text(data, json.dumps([asdict(curve) for curve in curves], indent=1) + "\n")
    return page, data, picture


def draw(curves: Sequence[Curve], title: str) -> Any:
    """Draw bits/dim, and below it the AUROC of the first set that each run was asked about."""
    lines = []
    for curve in curves:
        seconds = [look.seconds for look in curve.looks]
        asked = next(iter(curve.looks[0].auroc), None)
        areas = [] if asked is None else [100 * look.auroc[asked] for look in curve.looks]
        lines.append(Line(curve.name, seconds, [look.bits_per_dim for look in curve.looks], areas, asked or ""))
    return curve_figure(lines, title=title)


def at(curve: Curve, seconds: float) -> Look | None:
    """Return the last look at or before a time, unless the run had ended by then."""
    before = [look for look in curve.looks if look.seconds <= seconds]
    return before[-1] if before and curve.looks[-1].seconds >= seconds else None


def _name(config: RunConfig) -> str:
    """Name a run, with what its recipe was bent to, but for how often it was looked at."""
    if config.training is None or config.recipe not in RECIPES:
        return f"{name_of(config)}, {scale_of(config)}"
    unwatched = config.model_copy(update={"monitor": RECIPES[config.recipe](config.scale).monitor})
    return f"{name_of(config)}, {scale_of(unwatched)}, seed {config.training.seed}"


def _logged(run: RunDir) -> list[dict[str, Any]]:
    """Read the log.

    Raises:
        OodflowError: when a line of it is damaged, or does not tell the time.
    """
    text = run.log_file.read_text(encoding="utf-8", errors="replace") if run.log_file.exists() else ""
    try:
        lines = [{**json.loads(text_line)} for text_line in text.splitlines()]
        return [logged | {"seconds": float(logged["seconds"])} for logged in lines]
    except (ValueError, TypeError, KeyError) as error:
        raise OodflowError(
            f"{run.log_file} is damaged or of an older version ({type(error).__name__}: {error}): train the run anew."
        ) from error


def _cell(look: Look | None) -> str:
    if look is None:
        return ""
    return f"{look.bits_per_dim:.3f}" + (f" ({', '.join(f'{100 * area:.1f}' for area in look.auroc.values())})")


def _end(curve: Curve) -> str:
    return f"{_cell(curve.looks[-1])} after {curve.looks[-1].seconds:,.0f} s"


def _grounds(curve: Curve) -> str:
    training = curve.training
    asked = ", ".join(curve.looks[0].auroc)
    return (
        f"**{curve.name}**: `{training['command']}` (commit {training['commit']}, {training['date'][:10]}), "
        f"{training['parameters']:,} parameters, {training['threads']} "
        f"thread{'s' if training['threads'] > 1 else ''}, {training['device']}, torch "
        f"{training['torch']}, data fingerprint `{training['data']['fingerprint']}`; looks at {curve.images:,} "
        f"{curve.split} images and as many of {asked}."
    )
