"""Tables as Parquet files, read by pyarrow."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from oodflow.data.selection import Selection
from oodflow.data.tables.table_file import (
    BLOCK,
    Block,
    Labels,
    NotANumber,
    Numbers,
    TableFile,
    narrowest,
    require_names,
)
from oodflow.errors import OodflowError


class ParquetFile(TableFile):
    """A Parquet file; whole numbers, floats, decimals and booleans are numbers, null is missing.

    Args:
        path: of the file.
        named: columns that are asked for by name. An index that pandas wrote beside the columns numbers the rows, and
            is left out unless it is among these.
    """

    endings: ClassVar[tuple[str, ...]] = (".parquet",)
    reading: ClassVar[str] = "without index"

    @classmethod
    def open(cls, path: Path, selection: Selection) -> Self:
        """Open a file: it says by itself how it is written."""
        return cls(path, {*selection.columns, *selection.without, selection.label})

    def __init__(self, path: Path, named: Collection[str] = ()) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise OodflowError(
                f"{path}: Parquet files are read with pyarrow, which is not installed: pip install 'oodflow[tables]'."
            ) from error
        self.path = path
        try:
            self.file = parquet.ParquetFile(path, memory_map=True)
        except (pyarrow.ArrowException, OSError) as error:
            raise OodflowError(f"{path}: not a whole Parquet file ({_first_line(error)}).") from error
        schema = self.file.schema_arrow
        index = _index_of(schema)
        self.kept = [i for i, name in enumerate(schema.names) if name not in index or name.strip() in named]
        self.types = [schema.types[i] for i in self.kept]
        self.names = require_names(path, [schema.names[i] for i in self.kept])
        self.width = len(self.names)
        self.rows = self.file.metadata.num_rows
        self.damaged = (pyarrow.ArrowException, OSError)

    def dtype(self, columns: Sequence[int]) -> np.dtype[Any]:
        """By the columns'; decimals and what is no number count as float64."""
        kinds = [self.types[column].to_pandas_dtype() for column in columns]
        narrow = all(np.dtype(kind) != object and narrowest(kind) == np.float32 for kind in kinds)
        return np.dtype(np.float32 if narrow else np.float64)

    def blocks(self) -> Iterator[Block]:
        """Read rows."""
        try:
            for batch in self.file.iter_batches(max(1, BLOCK // max(1, self.width))):
                yield ArrowBlock(batch.select(self.kept))
        except self.damaged as error:
            raise OodflowError(f"{self.path}: the file is damaged ({_first_line(error)}): get it again.") from error


class ArrowBlock(Block):
    """Some rows of an Arrow table."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def labels(self, column: int) -> Labels:
        """Whatever they are."""
        return np.array(self.batch.column(column).to_pylist())

    def numbers(self, columns: Sequence[int], rows: npt.NDArray[np.intp]) -> Numbers:
        """Convert."""
        return np.stack([self._numbers(column)[rows] for column in columns], axis=1)

    def _numbers(self, column: int) -> Numbers:
        from pyarrow import types

        values = self.batch.column(column)
        kind = values.type
        tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null)
        if not any(test(kind) for test in tests):
            first = next((i for i, value in enumerate(values.to_pylist()) if value is not None), 0)
            raise NotANumber(first, column, str(values[first].as_py()))
        return np.array([np.nan if value is None else value for value in values.to_pylist()], np.float64) if (
            types.is_boolean(kind) or types.is_decimal(kind)
        ) else np.asarray(values.to_numpy(zero_copy_only=False), np.float64)  # fmt: skip


def _index_of(schema: Any) -> list[str]:
    """Name the columns that pandas wrote down as the index of its frame; an index of plain numbers is no column."""
    with suppress(ValueError, KeyError, TypeError):  # whatever else may stand there is no index
        return [name for name in schema.pandas_metadata["index_columns"] if isinstance(name, str)]
    return []


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
