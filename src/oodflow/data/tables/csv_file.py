"""Tables as text: comma-separated values (RFC 4180), and their relatives with other delimiters."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt

from oodflow.data.selection import Selection
from oodflow.data.tables.table_file import BLOCK, Block, Labels, NotANumber, Numbers, TableFile, require_names
from oodflow.errors import OodflowError

Record = list[str]
DELIMITERS = (";", "\t", "|", ",")  # the comma last: it may be part of a text in the files of all others
LOOK = 20  # records that the delimiter is found from
LINE = 1 << 24  # characters; more is no line of a table
MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-", "missing"}
WORDS = {"true": 1.0, "false": 0.0}
TEXTS = (".csv", ".tsv", ".txt")


class CsvFile(TableFile):
    """A text file in UTF-8, plain or compressed (``.gz``), one record a line; blank lines are left out.

    Args:
        path: of the file.
        delimiter: between fields; empty: the one of ``; tab | ,`` that divides the first records alike.
        header: whether the first record names the columns; none: it does if none of its fields is a number.
        decimal: what stands before decimals; empty: a point.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "x.csv"
        >>> _ = path.write_text("age;weight\\n31;70.5\\n")
        >>> file = CsvFile(path)
        >>> file.names, [block.numbers([1], np.arange(1)).item() for block in file.blocks()]
        (('age', 'weight'), [70.5])
    """

    endings: ClassVar[tuple[str, ...]] = (*TEXTS, *(f"{ending}.gz" for ending in TEXTS))
    options: ClassVar[frozenset[str]] = frozenset({"delimiter", "decimal", "header"})

    @classmethod
    def open(cls, path: Path, selection: Selection) -> Self:
        """Open a text."""
        return cls(path, selection.delimiter, selection.header, selection.decimal)

    def __init__(self, path: Path, delimiter: str = "", header: bool | None = None, decimal: str = "") -> None:
        self.path, self.decimal = path, decimal
        self.delimiter = delimiter or self._delimiter()
        first = next(self.records(), None)
        if first is None:
            raise OodflowError(f"{path}: the file is empty: there should be one row of numbers a line.")
        self.header = not any(map(is_number, first)) if header is None else header
        self.width = len(first)
        self.names = require_names(path, first) if self.header else ()

    def blocks(self) -> Iterator[Block]:
        """Read rows; all have as many fields as the first record."""
        records = self.records()
        if self.header:
            next(records)
        done = 0
        while some := list(islice(records, max(1, BLOCK // self.width))):
            if {*map(len, some)} != {self.width}:
                row = next(i for i, record in enumerate(some) if len(record) != self.width)
                raise OodflowError(
                    f"{self.path}: {self.place(done + row)} has {fields(some[row])} but the first line has "
                    f"{self.width}: repair the row, or name the delimiter with ?delimiter=."
                )
            yield CsvBlock(some, self.decimal)
            done += len(some)

    def place(self, row: int) -> str:
        """Say where a row stands, by the number of its line, too."""
        with self._open() as lines:
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(islice(filter(None, reader), row + self.header, None))
            return f"{super().place(row)} (line {reader.line_num:,})"

    def hint(self, row: int, text: str) -> str:
        """Ask whether there are commas before decimals, blanks between numbers, or names of columns."""
        if re.fullmatch(r"[+-]?\d*,\d+", text):
            return "if the comma is before decimals, add ?decimal=comma"
        if self.width == 1 and len(text.split()) > 1:
            return "put commas between the numbers, or name what stands there with ?delimiter="
        return "" if row or self.header else "if the first line names the columns, add ?header=yes"

    def _delimiter(self) -> str:
        """Find the first delimiter that divides the first records into the same number of fields, and more than one."""
        for delimiter in DELIMITERS:
            counts = {len(record) for record in islice(self.records(delimiter), LOOK)}
            if len(counts) == 1 and counts != {1}:
                return delimiter
        return ","

    def records(self, delimiter: str = "") -> Iterator[Record]:
        """Read all records, that of names too, as texts; as many fields as each has."""
        with self._open() as lines:
            yield from filter(None, csv.reader(lines, delimiter=delimiter or self.delimiter))

    @contextmanager
    def _open(self) -> Iterator[Iterator[str]]:
        try:
            with _text(self.path) as file:
                yield self._lines(file)
        except UnicodeDecodeError as error:
            raise OodflowError(
                f"{self.path}: this is no text in UTF-8 (byte {error.start:,} of a piece): save it as CSV in UTF-8."
            ) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise OodflowError(f"{self.path}: it cannot be uncompressed ({error}): get the file again.") from error
        except csv.Error as error:
            raise OodflowError(
                f"{self.path}: this is no CSV ({error}): close the quotation marks, if it is such a file at all."
            ) from error

    def _lines(self, file: IO[str]) -> Iterator[str]:
        while line := file.readline(LINE):
            if len(line) == LINE:
                raise OodflowError(f"{self.path}: a line is longer than {LINE:,} characters: this is no CSV file.")
            yield line


class CsvBlock(Block):
    """Some records."""

    def __init__(self, records: list[Record], decimal: str = "") -> None:
        self.records, self.decimal = records, decimal

    def __len__(self) -> int:
        return len(self.records)

    def labels(self, column: int) -> Labels:
        """Texts."""
        return np.array([record[column] for record in self.records])

    def numbers(self, columns: Sequence[int], rows: npt.NDArray[np.intp]) -> Numbers:
        """Convert; words for yes and no are 1 and 0."""
        whole = list(columns) == list(range(len(self.records[0])))
        some = (self.records[row] for row in rows)
        fields = chain.from_iterable(some if whole else ([record[column] for column in columns] for record in some))
        plain = (field.replace(self.decimal, ".") for field in fields) if self.decimal else fields
        try:
            flat = np.fromiter(map(float, plain), np.float64, len(rows) * len(columns))
        except ValueError:
            flat = np.array([self._number(row, column) for row in rows for column in columns])
        return flat.reshape(len(rows), len(columns))

    def _number(self, row: int, column: int) -> float:
        text = self.records[row][column].strip()
        if text.lower() in MISSING:
            return np.nan
        try:
            return WORDS[text.lower()] if text.lower() in WORDS else float(text.replace(self.decimal or ".", "."))
        except ValueError:
            raise NotANumber(row, column, text) from None


def fields(record: Record) -> str:
    """Say how many fields a record has."""
    return "1 field" if len(record) == 1 else f"{len(record)} fields"


def _text(path: Path) -> IO[str]:
    """Open a text; a byte-order mark is left out."""
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def is_number(text: str) -> bool:
    """Tell whether a field holds a number; one that is missing does not."""
    try:
        float(text.replace(",", "."))  # it may be before decimals
    except ValueError:
        return False
    return True
