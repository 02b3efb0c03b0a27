"""Measuring everything, one thing after another, into one record."""

import os
import platform
from collections.abc import Callable
from pathlib import Path

from oodflow.bench import against, limit, memory, startup, surroundings, throughput
from oodflow.bench.options import BenchOptions
from oodflow.bench.peers import PEERS
from oodflow.bench.record import BenchRecord, LayerLimit, Limits, MemoryKinds
from oodflow.bench.rounds import interleave, summary
from oodflow.errors import OodflowError, UnknownName
from oodflow.files import explained
from oodflow.recipes import RECIPES, SCALES
from oodflow.runs import RunConfig
from oodflow.runs.provenance import provenance


def bench(options: BenchOptions, *, command: str, say: Callable[[str], None] = print) -> BenchRecord:
    """Measure on the CPU of this machine, with as many threads as torch has.

    What is divided by one another takes turns, round by round: a flow with the limits of its own layers, a peer with
    ours. One flow is in memory at a time.

    Args:
        options: what to measure.
        command: what the user typed, for the record.
        say: takes a line before each part.

    Raises:
        UsageError: for an unknown recipe or scale, or a recipe that has no such scale.
        OodflowError: when a configuration can't be trained here, for want of memory for one.
    """
    configs = _configs(options)
    small = "smoke" if set(options.scales) == {"smoke"} else "cpu"  # of what has no scale of its own
    begun, load = provenance(command), _load()
    flows, limits = [], []
    for config in configs:
        say(f"{config.recipe} at {config.scale} scale: memory")
        kinds = (memory.measure(config.recipe, config.scale, kind) for kind in ("stored", "reversible"))
        grown = MemoryKinds(stored=next(kinds), reversible=next(kinds))
        say(f"{config.recipe} at {config.scale} scale: training, scoring and their limit, {options.rounds} rounds")
        row, rates = throughput.measure(config, options.rounds, grown)
        flows.append(row)
        limits.append(rates)
    peers = []
    for name in PEERS if options.peers else ():
        say(f"{name}, and ours beside it")
        peers.append(against.compare(name, small, options.rounds))
    say("loading, scores and evaluation")
    around = surroundings.measure(small, options.rounds)
    say("start-up")
    return BenchRecord(
        provenance=begun, options=options, cpu=cpu_model(), load=load, batch=throughput.BATCH, flows=tuple(flows),
        peers=tuple(peers), limits=_limits(throughput.pool(limits), options.rounds, small), surroundings=around,
        startup=startup.measure(options.rounds, throughput.LEAST[small]),
    )  # fmt: skip


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
    return [RECIPES[name](scale) for scale in dict.fromkeys(options.scales) for name in dict.fromkeys(options.recipes)]


def _limits(pooled: throughput.Limits, rounds: int, scale: str) -> Limits:
    numbers = limit.COPIED if scale != "smoke" else 1 << 20
    copied = limit.bandwidth(interleave([limit.copying(numbers)], rounds, least=throughput.LEAST[scale]), numbers)
    layers = [
        LayerLimit(
            name=str(probe), channels=probe.channels, size=probe.size,
            **{f"{what}_flop_per_second": summary(values) for what, values in rates.items()},
        )
        for probe, rates in pooled.items()
    ]  # fmt: skip
    return Limits(layers=tuple(layers), copy_bytes_per_second=summary(copied))


def _load() -> float | None:
    """Tell how many processes wanted a core in the minute before; none where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
