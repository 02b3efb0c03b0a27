"""What is written of faults that were tried, and what was lost."""

from typing import ClassVar

from oodflow.bench.reliability.options import ReliabilityOptions
from oodflow.records import Record
from oodflow.runs.config import RunConfig
from oodflow.runs.provenance import Provenance


class Fault(Record):
    """Something that goes wrong, tried a number of times.

    Attributes:
        what: goes wrong.
        promise: what has to hold then.
        tried: how often.
        lost: how often the promise did not hold.
        note: what else there is to tell.
    """

    what: str
    promise: str
    tried: int
    lost: int
    note: str = ""


class Fuzzed(Record):
    """A format whose files were damaged, for its reader to read.

    Attributes:
        format: its name.
        accepted: how many files were read, sound ones among them: not all damage can be told.
        refused: how many were refused in one error that names the file.
        slowest: seconds of the slowest.
    """

    format: str
    accepted: int
    refused: int
    slowest: float


class GlowTraining(Record):
    """A training by the hyper-parameters of the published Glow.

    Attributes:
        config: of the run.
        parameters: how many numbers are trained.
        epochs: passes over the training data.
        bits_per_dim: of held-out images, in the order of the looks at them.
        highest: bits/dim that a line of the log has for training data.
        skipped: steps that were not finite.
        retreats: how often it went back.
        ended: how it ended, in words; empty: as it should.
        minutes: that it took.
    """

    config: RunConfig
    parameters: int
    epochs: float
    bits_per_dim: tuple[float, ...]
    highest: float | None
    skipped: int
    retreats: int
    ended: str
    minutes: float


class ReliabilityRecord(Record):
    """All that was tried.

    Attributes:
        provenance: command, commit, versions, machine.
        options: what was asked for.
        faults: of trainings and evaluations.
        files: damaged ones, by format.
        glow: the published Glow's training.
        without_glow: why there is none; empty: there is.
    """

    version: ClassVar[int | None] = 1

    provenance: Provenance
    options: ReliabilityOptions
    faults: tuple[Fault, ...]
    files: tuple[Fuzzed, ...]
    glow: tuple[GlowTraining, ...]
    without_glow: str = ""
