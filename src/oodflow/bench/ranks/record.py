"""What a measurement of several processes writes down."""

from typing import ClassVar

from oodflow.bench.ranks.options import RanksOptions
from oodflow.bench.record import Spread
from oodflow.records import Record
from oodflow.runs.provenance import Provenance


class Way(Record):
    """Training and scoring one flow in one way.

    Attributes:
        processes: how many share the work.
        threads: that each of them has.
        training: images a second.
        scoring: images a second.
        training_gain: how many times as fast as a process with one thread, round by round.
        scoring_gain: the same of scoring.
    """

    processes: int
    threads: int
    training: Spread
    scoring: Spread
    training_gain: Spread
    scoring_gain: Spread


class SharedFlow(Record):
    """A flow whose work is shared.

    Attributes:
        recipe: whose flow.
        scale: its scale.
        parameters: how many numbers are trained; their gradients are exchanged in each step.
        ways: one process with one thread, one with N, and N with one.
    """

    recipe: str
    scale: str
    parameters: int
    ways: tuple[Way, ...]


class RanksRecord(Record):
    """What several processes make of a machine.

    Attributes:
        provenance: command, commit, versions, machine.
        options: what was asked for.
        flows: each flow.
    """

    version: ClassVar[int | None] = 1

    provenance: Provenance
    options: RanksOptions
    flows: tuple[SharedFlow, ...]
