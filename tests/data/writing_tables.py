"""The same small table in files of every format."""

import importlib.util
import json

import numpy as np
import pytest

rng = np.random.default_rng(0)
VALUES = rng.standard_normal((60, 3)).astype(np.float32)
LABELS = rng.integers(0, 2, 60)

needs_pyarrow = pytest.mark.skipif(not importlib.util.find_spec("pyarrow"), reason="pyarrow is not installed")


def csv_text(values=VALUES, names=("age", "weight", "height"), delimiter=",", labels=None, end="\n"):
    """What a spreadsheet would save."""
    rows = [[repr(float(x)) for x in row] for row in values]
    if labels is not None:
        names, rows = [*names, "kind"], [[*row, str(label)] for row, label in zip(rows, labels, strict=True)]
    return "".join(delimiter.join(row) + end for row in ([names] if names else []) + rows)


def write_csv(path, text=None, **how):
    path.write_bytes((csv_text(**how) if text is None else text).encode())
    return f"csv:{path}"


def write_parquet(path, values=VALUES, names=("age", "weight", "height"), metadata=None, **more):
    """Write a table; ``metadata`` is what pandas says of a frame of its."""
    import pyarrow
    from pyarrow import parquet

    columns = {name: pyarrow.array(values[:, i]) for i, name in enumerate(names)}
    table = pyarrow.table(columns | {name: pyarrow.array(some) for name, some in more.items()})
    said = None if metadata is None else {b"pandas": json.dumps(metadata).encode()}
    parquet.write_table(table.replace_schema_metadata(said), path)
    return f"parquet:{path}"


def write_npy(path):
    np.save(path, VALUES)
    return f"npy:{path}"


def write_npz(path, compressed=True, **arrays):
    save = np.savez_compressed if compressed else np.savez
    save(path, **({"X": VALUES, "y": LABELS} | arrays))
    return f"npz:{path}"
