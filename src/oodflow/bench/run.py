"""Measuring everything, one thing after another, into one record."""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oodflow.bench import against, limit, memory, startup, surroundings, throughput
from oodflow.bench.page import as_markdown
from oodflow.bench.peers import PEERS
from oodflow.bench.rounds import interleave, summary
from oodflow.errors import OodflowError, UnknownName, UsageError
from oodflow.files import explained, page_and_data, write_text
from oodflow.recipes import RECIPES, SCALES
from oodflow.runs import RunConfig
from oodflow.runs.provenance import provenance

README_RECIPES = ("fashion-mnist-realnvp", "fashion-mnist-glow", "cifar10-realnvp", "cifar10-glow")


@dataclass(frozen=True)
class BenchOptions:
    """What to measure.

    Attributes:
        recipes: names of recipes whose flows are trained and scored with, on random images of their data's shape.
        scales: at which scales.
        rounds: how often all that is compared takes its turn.
        peers: whether other libraries are measured too.
    """

    recipes: tuple[str, ...] = README_RECIPES
    scales: tuple[str, ...] = ("cpu", "paper")
    rounds: int = 3
    peers: bool = True


def bench(options: BenchOptions, *, command: str, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Measure on the CPU of this machine, with as many threads as torch has.

    What is divided by one another takes turns, round by round: a flow with the limits of its own layers, a peer with
    ours. One flow is in memory at a time.

    Args:
        options: what to measure.
        command: what the user typed, for the record.
        say: takes a line before each part.

    Returns:
        The record: ``flows``, ``peers``, ``limits``, ``surroundings``, ``startup``, and what it was measured with. In
        bytes, seconds, FLOP, images, and combinations of them; each measured number has ``median``, ``low``, ``high``.

    Raises:
        UsageError: for an unknown recipe or scale, or a recipe that has no such scale.
        OodflowError: when a configuration can't be trained here, for want of memory for one.
    """
    configs = _configs(options)
    small = "smoke" if set(options.scales) == {"smoke"} else "cpu"  # of what has no scale of its own
    record = provenance(command) | {
        "cpu": cpu_model(), "load": _load(), "rounds": options.rounds, "batch": throughput.BATCH,
    }  # fmt: skip
    flows, limits = [], []
    for config in configs:
        say(f"{config.recipe} at {config.scale} scale: training, scoring and their limit, {options.rounds} rounds")
        row, rates = throughput.measure(config, options.rounds)
        say(f"{config.recipe} at {config.scale} scale: memory")
        grown = {kind: memory.measure(config.recipe, config.scale, kind) for kind in ("stored", "reversible")}
        flows.append(row | {"memory": grown})
        limits.append(rates)
    peers = []
    for name in PEERS if options.peers else ():
        say(f"{name}, and ours beside it")
        peers.append(against.compare(name, small, options.rounds))
    say("loading, scores and evaluation")
    around = surroundings.measure(small, options.rounds)
    say("start-up")
    return record | {
        "flows": flows, "peers": peers, "limits": _limits(throughput.pool(limits), options.rounds, small),
        "surroundings": around, "startup": startup.measure(options.rounds, throughput.LEAST[small]),
    }  # fmt: skip


def write(record: dict[str, Any], path: Path) -> tuple[Path, Path]:
    """Write and return ``path.md`` and ``path.json``."""
    page, data = page_and_data(path)
    write_text(page, as_markdown(record))
    write_text(data, json.dumps(record, indent=2) + "\n")
    return page, data


def require_writable(path: Path) -> None:
    """Refuse, before minutes are spent, a path that the result could not be written to.

    Raises:
        OodflowError: its folder can't be made or written to, or it is a folder itself.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise OodflowError(f"could not write {path}: name a file in a folder that can be written to.")


def cpu_model() -> str:
    """Name the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _configs(options: BenchOptions) -> list[RunConfig]:
    """Make all configurations before any is measured."""
    for scale in options.scales:
        if scale not in SCALES:
            raise UnknownName("scale", scale, SCALES)
    if options.rounds < 1:
        raise UsageError(f"rounds is {options.rounds}: expected a positive number.")
    return [RECIPES[name](scale) for scale in dict.fromkeys(options.scales) for name in dict.fromkeys(options.recipes)]


def _limits(pooled: throughput.Limits, rounds: int, scale: str) -> dict[str, Any]:
    numbers = limit.COPIED if scale != "smoke" else 1 << 20
    copied = limit.bandwidth(interleave([limit.copying(numbers)], rounds, least=throughput.LEAST[scale]), numbers)
    rows = [
        {"channels": probe.channels, "size": list(probe.size), "name": str(probe)}
        | {f"{what}_flop_per_second": summary(values) for what, values in rates.items()}
        for probe, rates in pooled.items()
    ]
    return {"layers": rows, "copy_bytes_per_second": summary(copied)}


def _load() -> float | None:
    """Tell how many processes wanted a core in the minute before; none where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
