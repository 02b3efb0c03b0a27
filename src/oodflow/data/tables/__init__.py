"""Files that hold tables, one format a file: CSV, Parquet, NumPy."""

from collections.abc import Mapping
from pathlib import Path

from oodflow.data.tables.csv_file import CsvFile
from oodflow.data.tables.npy_file import NpyFile
from oodflow.data.tables.npz_file import NpzFile
from oodflow.data.tables.parquet_file import ParquetFile
from oodflow.data.tables.table_file import Block, TableFile

TABLE_FILES: Mapping[str, type[TableFile]] = {
    "npy": NpyFile,
    "npz": NpzFile,
    "csv": CsvFile,
    "parquet": ParquetFile,
}
"""Formats, by what stands before the path of such a file."""


def kind_of(path: Path) -> str | None:
    """Tell the kind of a table by its name; none: by that it is no table.

    Example:
        >>> kind_of(Path("x.tsv.gz")), kind_of(Path("X.NPY")), kind_of(Path("x.png"))
        ('csv', 'npy', None)
    """
    name = path.name.lower()
    return next((kind for kind, file in TABLE_FILES.items() if name.endswith(file.endings)), None)


__all__ = ["TABLE_FILES", "Block", "CsvFile", "NpyFile", "NpzFile", "ParquetFile", "TableFile", "kind_of"]
