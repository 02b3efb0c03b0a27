"""The contracts of tables: of a source of rows, and of a format of files, as tests that anyone can run on their own."""

import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from oodflow.data import RealSet, TableSource
from oodflow.data.load import open_table
from oodflow.data.selection import OPTIONS, Selection
from oodflow.data.splits import part_of
from oodflow.data.tables import TableFile


def check_table(source: TableSource, root: Path, splits: Sequence[str]) -> None:
    """Test that a source of rows keeps its contract.

    Every part reads as finite [n,D] in float32 or float64, twice to the same numbers, with D names or none; it
    counts what it reads and no more than it says there is; splits that are dealt from one part share no row and leave
    none out.

    Args:
        source: the source.
        root: where data sets lie.
        splits: those that can be opened.

    Raises:
        AssertionError: with the clause that does not hold.
    """
    with tempfile.TemporaryDirectory() as cache:
        opened = {split: open_table(source, split, root=root, cache=Path(cache)) for split in splits}
        for split, rows in opened.items():
            again = open_table(source, split, root=root, cache=Path(cache))
            assert again.fingerprint == rows.fingerprint, f"{source.name} ({split}) opened twice is the same"
    for part in {part_of(source.name, split, source.parts) for split in splits}:
        _check_part(source, part, root, opened)
    for one, other in combinations(opened.values(), 2):
        assert one.fingerprint != other.fingerprint, f"{source.name}: {one.split} and {other.split} are different rows"


def check_table_file(file: type[TableFile], path: Path) -> None:
    """Test that a format of tables keeps its contract.

    A file opens twice to the same rows; blocks have float64 numbers of the columns that are asked for, in that order,
    and a label for each row; columns are found by their names, or by their numbers from 1.

    Args:
        file: the format.
        path: a file of numbers, two columns at least.

    Raises:
        AssertionError: with the clause that does not hold.
    """
    what = file.__name__
    assert path.name.lower().endswith(file.endings), f"{what} has the ending of {path.name} among {file.endings}"
    assert file.options <= {*OPTIONS}, f"{what} has options that can be written: {', '.join(OPTIONS)}"
    opened = file.open(path, Selection())
    assert len(opened.names) in (0, opened.width), f"{what} names each column, or none"
    backwards = [*range(opened.width)][::-1]
    rows = [block.numbers(backwards, np.arange(len(block))) for block in opened.blocks()]
    again = [
        block.numbers(backwards[::-1], np.arange(len(block))[::-1]) for block in file.open(path, Selection()).blocks()
    ]
    for one, other in zip(rows, again, strict=True):
        assert one.dtype == np.float64, f"{what} gives float64, not {one.dtype}"
        assert one.shape[1] == opened.width, f"{what} gives the columns that are asked for"
        assert np.array_equal(one[::-1, ::-1], other, equal_nan=True), f"{what} gives rows and columns as asked for"
    assert opened.dtype(backwards) in (np.float32, np.float64), f"{what} has numbers of float32 or float64"
    for block in opened.blocks():
        assert block.labels(0).shape == (len(block),), f"{what} gives a label for each row"
    known = opened.names or tuple(str(number + 1) for number in range(opened.width))
    assert [opened.column(name) for name in known] == backwards[::-1], f"{what} finds its columns"


def _check_part(source: TableSource, part: str, root: Path, opened: dict[str, RealSet]) -> None:
    where = f"{source.name} ({part})"
    chunks = list(source.chunks(part, root))
    dtypes = {chunk.dtype for chunk in chunks}
    assert dtypes in ({np.dtype(np.float32)}, {np.dtype(np.float64)}), (
        f"{where} yields float32 or float64, not {dtypes}"
    )
    assert len({chunk.shape[1:] for chunk in chunks}) == 1, f"{where} yields rows of one length"
    rows = np.concatenate(chunks)
    assert rows.ndim == 2, f"{where} yields [n,D], not {list(rows.shape)}"
    assert np.isfinite(rows).all(), f"{where} yields finite numbers"
    names = source.columns(part, root)
    assert len(names) in (0, rows.shape[1]), f"{where} names {len(names)} of {rows.shape[1]} columns"
    assert source.shape in (None, rows.shape[1:]), f"{where} has rows of {rows.shape[1:]}, not {source.shape}"
    count, official = source.count(part, root), source.parts[part]
    assert count == len(rows), f"{where} counts {count} rows and reads {len(rows)}"
    assert official is None or count <= official, f"{where} has {count} rows, officially {official}"
    dealt = [data for split, data in opened.items() if part_of(source.name, split, source.parts) == part]
    assert sum(map(len, dealt)) == len(rows), f"{where} is dealt to splits, each row to one"
    for data in dealt:
        assert data.columns == names, f"{where} has the same columns in every split"
