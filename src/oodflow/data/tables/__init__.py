"""Files that hold tables, one format a file: CSV, Parquet, NumPy."""

from pathlib import Path

from oodflow.data.tables.csv_file import CsvFile
from oodflow.data.tables.npy_file import NpyFile
from oodflow.data.tables.npz_file import NpzFile
from oodflow.data.tables.parquet_file import ParquetFile
from oodflow.data.tables.table_file import Block, TableFile
from oodflow.registry import Registry

TABLE_FILES: Registry[type[TableFile]] = Registry(
    "format of tables",
    "oodflow.table_files",
    {
        "npy": NpyFile,
        "npz": NpzFile,
        "csv": CsvFile,
        "parquet": ParquetFile,
    },
)
"""Formats, by what stands before the path of such a file."""


def endings() -> tuple[str, ...]:
    """List how the names of tables end."""
    return tuple(ending for file in TABLE_FILES.values() for ending in file.endings)


def kind_of(path: Path) -> str | None:
    """Tell the kind of a table by its name; none: by that it is no table.

    Example:
        >>> kind_of(Path("x.tsv.gz")), kind_of(Path("X.NPY")), kind_of(Path("x.png"))
        ('csv', 'npy', None)
    """
    name = path.name.lower()
    return next((kind for kind, file in TABLE_FILES.items() if name.endswith(file.endings)), None)


__all__ = ["TABLE_FILES", "Block", "CsvFile", "NpyFile", "NpzFile", "ParquetFile", "TableFile", "endings", "kind_of"]
