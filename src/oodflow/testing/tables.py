"""The contract of a table, as a test that anyone can run on a source of rows of their own."""

import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from oodflow.data import RealSet, TableSource
from oodflow.data.load import open_table
from oodflow.data.splits import part_of


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
