"""Data of flows over vectors: the rows of tables, in files and as they come."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np

from oodflow.data import RealSet
from oodflow.data.tables import CsvFile, NpyFile, NpzFile, ParquetFile, TableFile
from oodflow.data.tables.csv_file import DELIMITERS, CsvBlock, Record, is_number
from oodflow.data.tables.table_file import NotANumber, Numbers, require_names
from oodflow.deployment.datum import Datum, Stream
from oodflow.deployment.reader import STDIN, Reader
from oodflow.deployment.standard_input import Lines
from oodflow.errors import OodflowError
from oodflow.flows import Flow

TEXTS = {".csv", ".tsv", ".txt"}


class Rows(Reader):
    """Reads rows of the numbers that a flow was trained on: by their names where both have some, else by their places.

    Args:
        flow: over vectors.
        columns: names of its numbers, in their order; none if they have no names.
    """

    holds: ClassVar[type[RealSet]] = RealSet
    batch_size: ClassVar[int] = 4096

    def __init__(self, flow: Flow, columns: Sequence[str]) -> None:
        self.width, self.columns = flow.dims, tuple(columns)

    def read(self, path: Path) -> Iterator[Datum]:
        """Read a table; a row that can't be read is told of and left out."""
        file = _opened(path)
        if isinstance(file, CsvFile):
            records = file.records()
            if file.header:
                next(records)
            places = self._places(str(path), file.names, file.width)
            yield from self._records(str(path), records, places, file.width)
        else:
            yield from self._blocks(str(path), file)

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
        delimiter = next((one for one in DELIMITERS if one in first), ",")
        records = filter(None, csv.reader(chain([first], lines), delimiter=delimiter))
        record = next(records)
        names = () if any(map(is_number, record)) else require_names(Path(STDIN), record)
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
        if width != self.width:
            raise OodflowError(f"{file}: its rows have {width} columns but the flow was trained on {self.width}.")
        return list(range(width))

    def _records(self, file: str, records: Iterator[Record], places: Sequence[int], width: int) -> Iterator[Datum]:
        for row, record in enumerate(records):
            if len(record) != width:
                yield Datum(file, row, None, f"the row has {len(record)} fields but the first line has {width}")
                continue
            try:
                numbers = CsvBlock([record]).numbers(places, np.arange(1))[0]
            except NotANumber as error:
                yield Datum(file, row, None, f"{self._title(places.index(error.column))} is {error.text!r}, no number")
            else:
                sound = np.isfinite(numbers).all()
                yield Datum(file, row, numbers) if sound else self._broken(file, row, numbers)

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
                yield self._broken(file, row + at, numbers) if at in broken else Datum(file, row + at, numbers)
            row += len(block)

    def _broken(self, file: str, row: int, numbers: Numbers) -> Datum:
        bad = int(np.flatnonzero(~np.isfinite(numbers))[0])
        why = "missing or NaN" if np.isnan(numbers[bad]) else "infinite"
        return Datum(file, row, None, f"{self._title(bad)} is {why}")

    def _title(self, number: int) -> str:
        return f"column {self.columns[number]!r}" if self.columns else f"column {number + 1}"


def _opened(path: Path) -> TableFile:
    if not path.exists():
        raise OodflowError(f"{path}: there is no such file.")
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending in TEXTS:
        return CsvFile(path)
    match path.suffix.lower():
        case ".npy":
            return NpyFile(path)
        case ".npz":
            return NpzFile(path)
        case ".parquet":
            return ParquetFile(path)
    raise OodflowError(f"{path}: this flow takes tables: .csv, .tsv, .txt (or these with .gz), .npy, .npz or .parquet.")
