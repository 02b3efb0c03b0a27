"""Files that hold tables, one format a file: CSV, Parquet, NumPy."""

from oodflow.data.tables.csv_file import CsvFile
from oodflow.data.tables.npy_file import NpyFile
from oodflow.data.tables.npz_file import NpzFile
from oodflow.data.tables.parquet_file import ParquetFile
from oodflow.data.tables.table_file import Block, TableFile

__all__ = ["Block", "CsvFile", "NpyFile", "NpzFile", "ParquetFile", "TableFile"]
