"""Trying everything, one thing after another, into one record."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from oodflow.bench.reliability import glow
from oodflow.bench.reliability.faults import FAULTS, kills
from oodflow.bench.reliability.lab import Lab
from oodflow.bench.reliability.options import ReliabilityOptions
from oodflow.bench.reliability.record import Fault, Fuzzed, GlowTraining, ReliabilityRecord
from oodflow.errors import NOT_AS_WRITTEN, OodflowError
from oodflow.runs.provenance import provenance


def measure(
    options: ReliabilityOptions,
    *,
    command: str,
    root: Path | None = None,
    say: Callable[[str], None] = print,
) -> ReliabilityRecord:
    """Try what can go wrong on this machine, in processes with a thread each.

    Args:
        options: how often.
        command: what the user typed, for the record.
        root: where data sets lie; the published Glow's training needs FashionMNIST, and is left out without it.
        say: takes a line before each part.

    Raises:
        OodflowError: when a training fails that nothing came upon.
    """
    begun = provenance(command)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        say("a training that nothing comes upon")
        lab = Lab(Path(folder), options.steps, options.seed)
        found: list[Fault] = []
        for fault, times in ((kills, options.kills), *((fault, options.others) for fault in FAULTS)):
            found.append(fault(lab, times))
            say(f"{found[-1].what}: {found[-1].tried} times, {found[-1].lost} lost")
        trained, why = _glow(options, Path(folder), root, say)
    return ReliabilityRecord(
        provenance=begun, options=options, faults=tuple(found), files=(), glow=trained, without_glow=why
    )


def read_fuzzed(path: Path) -> tuple[Fuzzed, ...]:
    """Read what ``make fuzz`` has written: a line of JSON for each format; of several runs they add up.

    Raises:
        OodflowError: it is not there, or something else.
    """
    try:
        lines = [Fuzzed.model_validate(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, *NOT_AS_WRITTEN) as error:
        raise OodflowError(f"{path} can't be read as what `make fuzz` writes: {error}.") from error
    found: dict[str, Fuzzed] = {}
    for one in lines:
        other = found.get(one.format, Fuzzed(format=one.format, accepted=0, refused=0, slowest=0.0))
        found[one.format] = Fuzzed(
            format=one.format, accepted=one.accepted + other.accepted, refused=one.refused + other.refused,
            slowest=max(one.slowest, other.slowest),
        )  # fmt: skip
    return tuple(found.values())


def _glow(
    options: ReliabilityOptions, folder: Path, root: Path | None, say: Callable[[str], None]
) -> tuple[tuple[GlowTraining, ...], str]:
    """Train the published Glow in small, or say why not."""
    if not options.glow_steps:
        return (), "it was not asked for"
    trained = []
    try:
        for number, config in enumerate(glow.configs(options.glow_steps, options.seeds)):
            trained.append(glow.train(config, folder / f"glow-{number}", root))
            say(f"the published Glow in small: {trained[-1].skipped} steps skipped, {trained[-1].retreats} retreats")
    except OodflowError as error:
        return tuple(trained), str(error)
    return tuple(trained), ""
