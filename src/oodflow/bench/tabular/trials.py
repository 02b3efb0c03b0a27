"""Trials in a file, a JSON line each, to which more are added: what is there is not measured again."""

import json
import os
from pathlib import Path

from oodflow.bench.tabular.record import Protocol, Session, TableFacts, Trial
from oodflow.errors import NOT_AS_WRITTEN, OodflowError, UsageError
from oodflow.files import explained, write_text
from oodflow.records import Record

KINDS: dict[str, type[Record]] = {"protocol": Protocol, "session": Session, "table": TableFacts, "trial": Trial}


class Trials:
    """The file, read; ``add`` writes to it.

    Args:
        path: the file; it need not exist.
        protocol: of the trials in it.

    Attributes:
        path: the file.
        protocol: of its trials.
        sessions: in their order.
        tables: by name.
        trials: by table, method and seed.

    Raises:
        UsageError: the trials in it were dealt in another way.
        OodflowError: it is damaged; but a last line that was cut is dropped.
    """

    def __init__(self, path: Path, protocol: Protocol) -> None:
        self.path, self.protocol = path, protocol
        self.sessions: list[Session] = []
        self.tables: dict[str, TableFacts] = {}
        self.trials: dict[tuple[str, str, int], Trial] = {}
        there: Protocol | None = None
        for place, line in enumerate(self._lines(), 1):
            record = _parsed(line, f"{path}, line {place},")
            if isinstance(record, Protocol):
                there = record
            self._take(record)
        if there is None and (self.trials or self.sessions):
            raise OodflowError(f"{path} does not begin with a protocol: it is no file of trials; name another one.")
        if there is not None and there != protocol:
            raise UsageError(f"{path} has trials of {_caps(there)} and not of {_caps(protocol)}: name another file.")
        self._unwritten: list[Record] = [protocol] if there is None else []

    def begin(self, session: Session) -> int:
        """Note who measures from now on, once there is something; returns its place."""
        self._unwritten.append(session)
        self.sessions.append(session)
        return len(self.sessions) - 1

    def add(self, record: TableFacts | Trial) -> None:
        """Add a line, at once on disk."""
        self._take(record)
        lines = [json.dumps({kind_of(one): one.as_dict()}) + "\n" for one in (*self._unwritten, record)]
        with explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(lines))
                file.flush()
                os.fsync(file.fileno())
        self._unwritten = []

    def _take(self, record: Record) -> None:
        match record:
            case Session():
                self.sessions.append(record)
            case TableFacts():
                self.tables[record.name] = record
            case Trial():
                self.trials[record.table, record.method, record.seed] = record

    def _lines(self) -> list[str]:
        if not self.path.exists():
            return []
        whole = self.path.read_text(encoding="utf-8", errors="replace")
        text = whole[: whole.rfind("\n") + 1]
        if text != whole:
            write_text(self.path, text)
        return text.splitlines()


def kind_of(record: Record) -> str:
    """Name the kind of a line."""
    return next(name for name, kind in KINDS.items() if isinstance(record, kind))


def _caps(protocol: Protocol) -> str:
    return f"{protocol.train_rows:,} rows to fit to and {protocol.test_rows:,} of each class to tell apart at most"


def _parsed(line: str, where: str) -> Record:
    try:
        ((kind, value),) = json.loads(line).items()
        cls = KINDS[kind]
    except NOT_AS_WRITTEN as error:
        raise OodflowError(f"{where} is no trial: remove that line, or name another file.") from error
    return cls.parse(value, where)
