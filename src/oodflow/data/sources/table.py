"""A user's own tables."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from oodflow.data.own_path import require_file
from oodflow.data.real_set import Reals
from oodflow.data.selection import Selection, canonical, escaped
from oodflow.data.source import TableSource
from oodflow.data.tables import TABLE_FILES, Block, TableFile
from oodflow.data.tables.table_file import NotANumber
from oodflow.errors import OodflowError, UsageError


class OwnTable(TableSource):
    """A table in a file, of which some columns and the rows of some classes are kept.

    Args:
        kind: one of ``TABLE_FILES``.
        path: of the file.
        selection: what is read of it.
    """

    description = "your own table"
    licence = "yours"
    own = True
    parts = MappingProxyType({"all": None})

    def __init__(self, kind: str, path: Path, selection: Selection) -> None:
        self.name = f"{kind}:{path}"
        require_file(kind, path)
        for option in selection.used:
            of = [other for other, file in TABLE_FILES.items() if option in file.options]
            if of and kind not in of:
                raise UsageError(f"{self.name}: {option} is an option of {' and '.join(of)}:PATH alone: leave it out.")
        self.kind, self.path, self.wanted = kind, path, selection
        self.selection = repr(selection) + TABLE_FILES[kind].reading

    def width(self, root: Path) -> int:
        """How many features there are; the file is looked at."""
        return len(self._features)

    def files(self, part: str, root: Path) -> list[Path]:
        """The file."""
        return [self.path]

    def columns(self, part: str, root: Path) -> tuple[str, ...]:
        """Names of those that are kept."""
        file = self._file
        return tuple(file.names[column] for column in self._features) if file.names else ()

    def chunks(self, part: str, root: Path) -> Iterator[Reals]:
        """Read the rows that are kept."""
        file, seen, start, kept = self._file, set[str](), 0, 0
        for block in file.blocks():
            rows = self._kept(block, seen)
            values = self._numbers(block, rows, start)
            start, kept = start + len(block), kept + len(rows)
            if len(rows):
                yield values
        if not start:
            raise OodflowError(f"{self.path}: the table has no rows: there should be at least one below the names.")
        if not kept:
            wanted, there = " or ".join(self.wanted.classes), ", ".join(sorted(seen)[:8])
            raise OodflowError(
                f"{self.name}: no row has {self.wanted.label or file.apart} = {wanted}: there are {there}."
            )

    @cached_property
    def _file(self) -> TableFile:
        return TABLE_FILES[self.kind].open(self.path, self.wanted)

    @cached_property
    def _label(self) -> int | None:
        """Which column has the labels; those that lie apart stand behind the last."""
        file = self._file
        if file.apart:
            return file.width if self.wanted.label or self.wanted.classes else None
        if self.wanted.label:
            return file.column(self.wanted.label)
        if self.wanted.classes:
            raise UsageError(f"{self.name}: class is a value of a column: name it, as ?label=NAME&class=VALUE.")
        return None

    @cached_property
    def _features(self) -> list[int]:
        file, label = self._file, self._label
        without = {file.column(name) for name in self.wanted.without} | {label}
        named = [file.column(name) for name in self.wanted.columns] or range(file.width)
        if label is not None and label in named and self.wanted.columns:
            raise UsageError(
                f"{self.name}: {file.title(label)} is the label, so it is no feature: leave it out of columns."
            )
        features = [column for column in named if column not in without]
        if not features:
            raise UsageError(f"{self.name}: no column is left that is a feature: name others.")
        return features

    def _kept(self, block: Block, seen: set[str]) -> npt.NDArray[np.intp]:
        """Number the rows of a block that are of the wanted classes, and remember which classes there are."""
        if not self.wanted.classes or self._label is None:
            return np.arange(len(block))
        labels, at = np.unique(block.labels(self._label).astype(str), return_inverse=True)
        classes = [canonical(label) for label in labels]
        seen.update(classes)
        return np.flatnonzero(np.isin(classes, self.wanted.classes)[at])

    def _numbers(self, block: Block, rows: npt.NDArray[np.intp], start: int) -> Reals:
        """Take the features of rows, all of them finite; ``start`` is the number of the block's first row."""
        file = self._file
        try:
            values = block.numbers(self._features, rows)
        except NotANumber as error:
            raise self._no_number(error, start) from error
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, column = bad[0]
            where = f"{file.place(start + int(rows[row]))}, {file.title(self._features[column])},"
            raise OodflowError(f"{self.path}: {where} {_wrong(values[row, column])}.")
        return values.astype(file.dtype(self._features))

    def _no_number(self, error: NotANumber, start: int) -> OodflowError:
        file, row = self._file, start + error.row
        name = escaped(file.names[error.column]) if file.names else error.column + 1
        remedy = file.hint(row, error.text) or f"make it one, or leave the column out with ?without={name}"
        return OodflowError(
            f"{self.path}: {file.place(row)}, {file.title(error.column)}, is {error.text!r}, which is no number: "
            f"{remedy}."
        )


def _wrong(value: float) -> str:
    if np.isnan(value):
        return "is missing or NaN: fill it in or remove the row"
    return f"is {'' if value > 0 else 'minus '}infinite: put a number there or remove the row"
