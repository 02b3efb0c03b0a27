"""What measuring detectors on tables writes down: seconds are of the processor, measures fractions."""

from typing import ClassVar

from pydantic import Field

from oodflow.config import Config
from oodflow.records import Record
from oodflow.runs.provenance import Provenance


class Protocol(Record):
    """How tables are dealt; trials of one file have it in common.

    Attributes:
        train_rows: normal rows to fit to, at most.
        test_rows: rows of each class, normal and anomalous, that are to be told apart, at most.
    """

    version: ClassVar[int | None] = 1
    remedy: ClassVar[str] = "name another file"

    train_rows: int = Field(10_000, ge=2)
    test_rows: int = Field(10_000, ge=1)


class TabularOptions(Config):
    """What to measure.

    Attributes:
        tables: names, or paths of ``.npz`` files; none: all of ``TABLES``.
        methods: names of ``METHODS``; none: all.
        seeds: each deals every table anew.
        protocol: the caps.
        threads: of the processor.
    """

    tables: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    protocol: Protocol = Protocol()
    threads: int = Field(1, ge=1)


class Session(Record):
    """One call of the command, which may have been stopped.

    Attributes:
        provenance: command, commit, versions.
        cpu: name of the processor.
    """

    provenance: Provenance
    cpu: str


class TableFacts(Record):
    """A table.

    Attributes:
        name: of it.
        rows: how many.
        columns: how many.
        anomalies: how many of the rows; none: each seed takes another class for normal.
        fingerprint: digest of its content.
        chosen_on: whether settings of our detector were chosen on it.
    """

    name: str
    rows: int
    columns: int
    anomalies: int | None
    fingerprint: str
    chosen_on: bool


class MethodFacts(Record):
    """A detector.

    Attributes:
        name: of it.
        what: what it is, and what it is given.
        missing: why it was left out; empty: it was not.
    """

    name: str
    what: str
    missing: str = ""


class Trial(Record):
    """One detector on one table, dealt by one seed.

    Attributes:
        table: its name.
        method: the detector's.
        seed: that dealt, and is the detector's.
        auroc: of the score, anomalies being positive.
        average_precision: of the same.
        fit_seconds: of the processor.
        score_seconds: for all rows that were scored.
        scored: how many rows those are.
        failed: with what error; then the measures are those of chance, and no time was taken.
        session: place of the session that measured it.
    """

    table: str
    method: str
    seed: int
    auroc: float
    average_precision: float
    fit_seconds: float
    score_seconds: float
    scored: int
    failed: str = ""
    session: int


class TabularRecord(Record):
    """Detectors on tables.

    Attributes:
        protocol: how tables were dealt.
        seeds: each dealt every table.
        sessions: that measured.
        tables: in their order.
        methods: in theirs; those that were left out, too.
        trials: of each method that was not left out on each table with each seed.
    """

    version: ClassVar[int | None] = 1

    protocol: Protocol
    seeds: tuple[int, ...]
    sessions: tuple[Session, ...]
    tables: tuple[TableFacts, ...]
    methods: tuple[MethodFacts, ...]
    trials: tuple[Trial, ...]

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the methods that were not left out."""
        return tuple(method.name for method in self.methods if not method.missing)
