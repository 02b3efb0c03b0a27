"""Tables in NumPy archives."""

import io
import zipfile

import numpy as np
import pytest

from oodflow.errors import OodflowError, UnknownName

from .writing_tables import LABELS, VALUES, write_npz


def test_other_names_and_axes(tmp_path, open_set):
    spec = write_npz(tmp_path / "x.npz", features=np.asfortranarray(VALUES), X=-VALUES)
    np.testing.assert_array_equal(open_set(f"{spec}?array=features", "all").array, VALUES)
    np.testing.assert_array_equal(open_set(f"{spec}?array=features&class=1", "all").array, VALUES[LABELS == 1])
    with pytest.raises(UnknownName, match=r"unknown array of x\.npz 'x': .*X, features, y"):
        open_set(f"{spec}?array=x", "all")


def test_the_only_array_needs_no_name(tmp_path, open_set):
    np.savez(tmp_path / "x.npz", table=VALUES)
    np.testing.assert_array_equal(open_set(f"npz:{tmp_path}/x.npz", "all").array, VALUES)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, ">f4", np.float16, np.int64, "<f8"])
def test_all_numbers_become_floats(tmp_path, open_set, dtype):
    table = np.random.default_rng(0).integers(0, 2, (20, 3)).astype(dtype)
    whole = open_set(write_npz(tmp_path / "x.npz", X=table, y=LABELS[:20]), "all")
    np.testing.assert_array_equal(whole.array, table.astype(np.float64))
    assert whole.array.dtype == (np.float64 if np.dtype(dtype).itemsize == 8 else np.float32)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"X": VALUES[0]}, r"'X' has the shape \[3\] but a table is \[N, D\]"),
        ({"X": VALUES.astype(str)}, "holds <U.*which are no numbers"),
        ({"X": VALUES[:0]}, "is empty"),
        ({"X": VALUES.astype(object)}, "holds objects"),
        ({"y": LABELS[:5]}, r"'y' is int64 \[5\] but labels should be numbers or texts \[60\]"),
        ({"X": np.where(VALUES[4, 1] == VALUES, np.nan, VALUES)}, "row 5, column 2, is missing or NaN"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, open_set, arrays, sentence):
    spec = write_npz(tmp_path / "x.npz", **arrays)
    with pytest.raises(OodflowError, match=rf"x\.npz: .*{sentence}"):
        for wanted in ("1", "0"):
            open_set(f"{spec}?class={wanted}", "all")


def test_sizes_are_checked_before_anything_is_allocated(tmp_path, open_set):
    header = io.BytesIO()
    facts = {"descr": "<f4", "fortran_order": False, "shape": (10**12, 3)}
    np.lib.format.write_array_header_1_0(header, facts)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("X.npy", header.getvalue() + bytes(12))
    with pytest.raises(OodflowError, match="says that it has 12,000,000,000,000 bytes but 12 are there"):
        open_set(f"npz:{tmp_path}/x.npz", "all")


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_a_damaged_archive(tmp_path, open_set, cut):
    spec = write_npz(tmp_path / "x.npz")
    content = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(content[:cut])
    with pytest.raises(OodflowError, match=r"not a whole \.npz file"):
        open_set(spec, "all")
