"""Timing one process against several, by turns."""

import json
from collections.abc import Callable
from typing import Any

from oodflow.bench.ranks.launch import launch
from oodflow.bench.ranks.options import RanksOptions
from oodflow.bench.ranks.record import RanksRecord, SharedFlow, Way
from oodflow.bench.rounds import ratios, summary
from oodflow.errors import OodflowError, UsageError
from oodflow.runs.provenance import provenance

PATIENCE = 1800
"""Seconds after which a measurement is given up."""


def measure(options: RanksOptions, *, command: str, say: Callable[[str], object] = print) -> RanksRecord:
    """Time training and scoring by one process with one thread, by one with N, and by N with one each.

    Processes are started anew for each round, in which all ways take their turn.

    Args:
        options: what to measure.
        command: what the user typed, for the record.
        say: takes lines for the user.

    Raises:
        UsageError: the processes can't share a batch evenly.
        OodflowError: one of them fails.
    """
    if options.batch % options.processes:
        raise UsageError(f"batch is {options.batch}, which {options.processes} processes can't share evenly.")
    flows = []
    for recipe, scale in options.flows:
        say(f"{recipe}, {scale} scale: {options.rounds} rounds")
        flows.append(_flow(recipe, scale, options))
    return RanksRecord(provenance=provenance(command), options=options, flows=tuple(flows))


def _flow(recipe: str, scale: str, options: RanksOptions) -> SharedFlow:
    ways = [(1, 1), (1, options.processes), (options.processes, 1)]
    rounds = [[_timed(recipe, scale, *way, options) for way in ways] for _ in range(options.rounds)]
    alone, *_ = by_way = list(zip(*rounds, strict=True))
    found = []
    for (processes, threads), times in zip(ways, by_way, strict=True):
        train, score = ([one[name] for one in times] for name in ("train", "score"))
        train_alone, score_alone = ([one[name] for one in alone] for name in ("train", "score"))
        found.append(Way(
            processes=processes, threads=threads,
            training=summary([options.batch * options.steps / seconds for seconds in train]),
            scoring=summary([options.scored / seconds for seconds in score]),
            training_gain=summary(ratios(train_alone, train)),
            scoring_gain=summary(ratios(score_alone, score)),
        ))  # fmt: skip
    return SharedFlow(recipe=recipe, scale=scale, parameters=rounds[0][0]["parameters"], ways=tuple(found))


def _timed(recipe: str, scale: str, processes: int, threads: int, options: RanksOptions) -> dict[str, Any]:
    """Run the processes, and return what the first one prints."""
    command = ["-m", "oodflow.bench.ranks.worker", recipe, scale, threads, options.model_dump_json()]
    started = launch(processes, command, OMP_NUM_THREADS=str(threads))
    try:
        said = [process.communicate(timeout=PATIENCE) for process in started]
    finally:
        for process in started:
            process.kill()
    for process, (_, errors) in zip(started, said, strict=True):
        if process.returncode:
            last = errors.strip().splitlines()[-1:] or ["it said nothing"]
            raise OodflowError(f"a process that trains {recipe} has failed: {last[0]}")
    times: dict[str, Any] = json.loads(said[0][0])
    return times
