"""Data of flows over vectors: the rows of tables, in files and as they come."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np

from oodflow.data import SOURCES, RealSet
from oodflow.data.real_set import Reals
from oodflow.data.scaled import scaled
from oodflow.data.spec import parse
from oodflow.data.tables import TABLE_FILES, CsvFile, TableFile, endings, kind_of
from oodflow.data.tables.csv_file import DELIMITERS, CsvBlock, Record, fields, is_number
from oodflow.data.tables.table_file import NotANumber, require_names
from oodflow.deployment.datum import Datum, Stream
from oodflow.deployment.reader import STDIN, Reader
from oodflow.deployment.standard_input import Lines
from oodflow.errors import OodflowError
from oodflow.flows import Flow


class Rows(Reader):
    """Reads rows of the numbers that a flow was trained on, and makes of them what was made of those.

    Files are opened with the options of what was trained on. Numbers are found by their names where flow and file have
    some; where only one has, rows must be of just the flow's numbers, in their order. Where neither has, columns are
    chosen by their numbers as for training; rows may lack what was no feature. Vectors that were brought to one length
    are so again.

    Args:
        flow: over vectors.
        trained_on: name of the data set.
        columns: names of its numbers, in their order; none if they have no names.
    """

    holds: ClassVar[type[RealSet]] = RealSet
    batch_size: ClassVar[int] = 4096

    def __init__(self, flow: Flow, trained_on: str, columns: Sequence[str]) -> None:
        self.width, self.columns = flow.dims, tuple(columns)
        spec = parse(trained_on, SOURCES)
        self.length = spec.length
        self.wanted = replace(spec.table, label="", classes=())  # all rows are judged, whatever they are called
        apart = spec.kind in TABLE_FILES and TABLE_FILES[spec.kind].apart
        self.no_features = {*spec.table.without} | (set() if apart else {spec.table.label})

    def read(self, path: Path) -> Iterator[Datum]:
        """Read a table, or all of a folder and those in it; a row that can't be read is told of and left out."""
        if path.is_dir():
            yield from self._of_folder(path, f"tables in it ({', '.join(endings())})")
            return
        file = self._opened(path)
        if isinstance(file, CsvFile):
            records = file.records()
            if file.header:
                next(records)
            places = self._places(str(path), file.names, file.width)
            yield from self._records(str(path), records, places, file.width)
        else:
            yield from self._blocks(str(path), file)

    def reads(self, path: Path) -> bool:
        """Whether it is a table."""
        return kind_of(path) is not None

    def read_rows(self, lines: Lines) -> Stream:
        """Read rows as they come: the first one tells the delimiter, and names the columns if it holds no number."""
        try:
            yield from self._read_rows(lines)
        except csv.Error as error:
            raise OodflowError(f"standard input: this is no CSV ({error}): close the quotation marks.") from error

    def _read_rows(self, lines: Lines) -> Stream:
        first = next((line for line in lines if line.strip()), "").removeprefix("\ufeff")
        if not first:
            return
        delimiter = self.wanted.delimiter or next((one for one in DELIMITERS if one in first), ",")
        records = filter(None, csv.reader(chain([first], lines), delimiter=delimiter))
        record = next(records)
        header = not any(map(is_number, record)) if self.wanted.header is None else self.wanted.header
        names = require_names(Path(STDIN), record) if header else ()
        places = self._places("standard input", names, len(record))
        for datum in self._records(STDIN, records if names else chain([record], records), places, len(record)):
            yield datum
            if lines.drained:
                yield None

    def _places(self, file: str, names: Sequence[str], width: int) -> list[int]:
        """Find where the numbers of the flow stand in a record."""
        if self.columns and names:
            if missing := [name for name in self.columns if name not in names]:
                raise OodflowError(f"{file}: it lacks {', '.join(map(repr, missing))}, which the flow was trained on.")
            return [names.index(name) for name in self.columns]
        if width == self.width and not (self.wanted.columns and not self.columns):
            return list(range(width))
        return self._places_by_number(file, width)

    def _places_by_number(self, file: str, width: int) -> list[int]:
        """Choose columns that have no names as they were chosen for training: by their numbers, from 1."""
        wanted = self.wanted
        there = [str(number + 1) for number in range(width)]
        chosen = [name for name in wanted.columns or there if name not in self.no_features]
        if self.columns or len(chosen) != self.width or not {*chosen} <= {*there}:
            by = f", numbers {', '.join(wanted.columns)} of their rows" if wanted.columns and not self.columns else ""
            raise OodflowError(f"{file}: its rows have {width} columns but the flow was trained on {self.width}{by}.")
        return [there.index(name) for name in chosen]

    def _records(self, file: str, records: Iterator[Record], places: Sequence[int], width: int) -> Iterator[Datum]:
        for row, record in enumerate(records):
            if len(record) != width:
                yield Datum(file, row, None, f"the row has {fields(record)} but the first line has {width}")
                continue
            try:
                numbers = CsvBlock([record], self.wanted.decimal).numbers(places, np.arange(1))[0]
            except NotANumber as error:
                yield Datum(file, row, None, f"{self._title(places.index(error.column))} is {error.text!r}, no number")
            else:
                sound = np.isfinite(numbers).all()
                yield (self._sound if sound else self._broken)(file, row, numbers)

    def _blocks(self, file: str, table: TableFile) -> Iterator[Datum]:
        places, row = self._places(file, table.names, table.width), 0
        dtype = table.dtype(places)
        for block in table.blocks():
            try:
                rows = block.numbers(places, np.arange(len(block)))
            except NotANumber as error:
                raise OodflowError(
                    f"{file}: {table.title(error.column)} holds {error.text!r}, which is no number."
                ) from error
            broken = {*np.argwhere(~np.isfinite(rows))[:, 0].tolist()}
            for at, numbers in enumerate(rows.astype(dtype)):
                yield (self._broken if at in broken else self._sound)(file, row + at, numbers)
            row += len(block)

    def _opened(self, path: Path) -> TableFile:
        if not path.exists():
            raise OodflowError(f"{path}: there is no such file.")
        if (kind := kind_of(path)) is None:
            raise OodflowError(f"{path}: this flow takes tables: {', '.join(endings())}.")
        return TABLE_FILES[kind].open(path, self.wanted)

    def _sound(self, file: str, row: int, numbers: Reals) -> Datum:
        return Datum(file, row, self._scaled(numbers))

    def _scaled(self, numbers: Reals) -> Reals:
        return numbers if self.length is None else scaled(numbers, self.length)

    def _broken(self, file: str, row: int, numbers: Reals) -> Datum:
        bad = int(np.flatnonzero(~np.isfinite(numbers))[0])
        why = "missing or NaN" if np.isnan(numbers[bad]) else "infinite"
        return Datum(file, row, None, f"{self._title(bad)} is {why}")

    def _title(self, number: int) -> str:
        return f"column {self.columns[number]!r}" if self.columns else f"column {number + 1}"
