"""Tables of a user's own, in every format."""

from pathlib import Path

import numpy as np
import pytest

from oodflow.data import RealSet, same_images, shape_of
from oodflow.data.selection import Selection
from oodflow.data.sources.table import OwnTable
from oodflow.data.tables import TABLE_FILES, NpyFile, kind_of
from oodflow.errors import OodflowError, UnknownName, UsageError
from oodflow.testing.sources import check_source
from oodflow.testing.tables import check_table_file

from . import writing_tables
from .writing_tables import LABELS, VALUES, needs_pyarrow, write_csv, write_npz, write_parquet


@pytest.fixture(params=[pytest.param(kind, marks=[needs_pyarrow] * (kind == "parquet")) for kind in TABLE_FILES])
def spec(request, tmp_path):
    """The same table in every format."""
    return getattr(writing_tables, f"write_{request.param}")(tmp_path / f"x.{request.param}")


def test_every_format_gives_the_same_vectors(spec, open_set):
    whole = open_set(spec, "all")
    assert isinstance(whole, RealSet)
    assert whole.shape == shape_of(spec) == (3,)
    assert whole.columns == (() if spec.startswith("np") else ("age", "weight", "height"))
    np.testing.assert_array_equal(whole.batch(slice(None)), VALUES)
    exact = VALUES.astype(np.float64 if spec.startswith("csv") else np.float32)
    assert whole.fingerprint == RealSet.from_array(exact).fingerprint
    assert whole.name == spec


def test_a_format_of_ones_own_is_a_class_and_a_name(tmp_path, open_set):
    class Halves(NpyFile):
        endings = (".halves",)
        options = frozenset({"array"})

    path = tmp_path / "x.halves"
    with path.open("wb") as file:
        np.save(file, VALUES.astype(np.float16))
    with TABLE_FILES.replacing("halves", Halves):
        check_table_file(Halves, path)
        assert kind_of(path) == "halves"
        assert open_set(f"halves:{path}?columns=2", "all").shape == (1,)
        with pytest.raises(UsageError, match="array is an option of npz and halves:PATH alone"):
            open_set(write_csv(tmp_path / "x.csv") + "?array=X", "all")
    with pytest.raises(UnknownName):
        open_set(f"halves:{path}", "all")


def test_splits_are_dealt_by_content_alike_in_every_format(spec, open_set):
    splits = [open_set(spec, split) for split in ("train", "calibration", "test")]
    assert [len(split) for split in splits] == [49, 4, 7]
    together = np.concatenate([split.batch(slice(None)) for split in splits])
    np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(VALUES, axis=0))
    assert len({split.fingerprint for split in splits}) == 3


def test_every_format_keeps_the_contract(spec):
    kind, _, path = spec.partition(":")
    check_source(OwnTable(kind, Path(path), Selection()))
    check_table_file(TABLE_FILES[kind], Path(path))
    assert kind_of(Path(path)) == kind


def test_a_table_is_read_once(open_set, tmp_path, monkeypatch):
    spec = write_csv(tmp_path / "x.csv")
    first = open_set(spec, "all")
    monkeypatch.setattr(OwnTable, "chunks", None)
    assert open_set(spec, "all").fingerprint == first.fingerprint


def test_a_table_that_has_changed_is_read_again(open_set, tmp_path):
    spec = write_csv(tmp_path / "x.csv")
    first = open_set(spec, "all")
    write_csv(tmp_path / "x.csv", values=-VALUES)
    assert open_set(spec, "all").fingerprint != first.fingerprint


@pytest.mark.parametrize("seed", range(4))
def test_blocks_of_any_size_give_the_same(open_set, tmp_path, monkeypatch, seed):
    size = int(np.random.default_rng(seed).integers(1, 200))
    for module in ("csv_file", "npy_file", "npz_file"):
        monkeypatch.setattr(f"oodflow.data.tables.{module}.BLOCK", size)
    specs = [write_csv(tmp_path / "x.csv", labels=LABELS), write_npz(tmp_path / "x.npz")]
    for spec, label in zip(specs, ("label=kind&", ""), strict=True):
        np.testing.assert_array_equal(open_set(f"{spec}?{label}class=1", "all").array, VALUES[LABELS == 1])


class TestSelection:
    def test_columns_come_in_the_order_that_is_asked_for(self, spec, open_set):
        names = "3,1" if spec.startswith("np") else "height,age"
        chosen = open_set(f"{spec}?columns={names}", "all")
        np.testing.assert_array_equal(chosen.array, VALUES[:, [2, 0]])
        assert chosen.columns == (() if spec.startswith("np") else ("height", "age"))
        assert shape_of(chosen.name) == (2,)

    def test_columns_are_left_out(self, spec, open_set):
        name = "2" if spec.startswith("np") else "weight"
        np.testing.assert_array_equal(open_set(f"{spec}?without={name}", "all").array, VALUES[:, [0, 2]])

    def test_unknown_columns_are_told_with_near_ones(self, spec, open_set):
        with pytest.raises(OodflowError, match=r"1 to 3, but 'wieght' came|'wieght': did you mean 'weight'"):
            open_set(f"{spec}?columns=wieght", "all")

    @pytest.mark.parametrize("wanted", ["0", "0.0", "0e0"])
    def test_rows_of_a_class_are_kept_and_the_label_is_no_feature(self, tmp_path, open_set, wanted):
        spec = write_csv(tmp_path / "x.csv", labels=LABELS)
        for some in (spec, write_npz(tmp_path / "x.npz")):
            rows = open_set(f"{some}?label={'y' if some.startswith('npz') else 'kind'}&class={wanted}", "all")
            np.testing.assert_array_equal(rows.array, VALUES[LABELS == 0])

    def test_classes_are_words_and_may_be_several(self, tmp_path, open_set):
        words = np.array(["benign", "malign", "not known"])[np.arange(60) % 3]
        spec = write_csv(tmp_path / "x.csv", labels=words)
        both = open_set(f"{spec}?label=kind&class=benign,not%20known", "all")
        np.testing.assert_array_equal(both.array, VALUES[np.arange(60) % 3 != 1])
        assert open_set(f"{spec}?label=kind", "all").shape == (3,)

    def test_a_class_that_no_row_has(self, tmp_path, open_set):
        spec = write_csv(tmp_path / "x.csv", labels=LABELS)
        with pytest.raises(OodflowError, match="no row has kind = 2: there are 0, 1"):
            open_set(f"{spec}?label=kind&class=2", "all")

    @needs_pyarrow
    def test_labels_of_parquet_are_any_type(self, tmp_path, open_set):
        spec = write_parquet(tmp_path / "x.parquet", kind=LABELS.astype(bool), word=LABELS.astype(str))
        for label in ("label=kind&class=true&without=word", "label=word&class=1&without=kind"):
            np.testing.assert_array_equal(open_set(f"{spec}?{label}", "all").array, VALUES[LABELS == 1])

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ("class=0", "class is a value of a column: name it, as .label=NAME"),
            ("label=age&columns=age,weight", "column 'age' is the label"),
            ("without=age,weight,height", "no column is left"),
            ("columns=age,age", "'age' is named twice"),
            ("columns=", "columns is empty: write columns=A,B"),
            ("array=X", "array is an option of npz:PATH alone"),
            ("delimiter=dot", "delimiter 'dot' is none: write one of comma"),
            ("delimiter=1", "delimiter '1' is none"),
            ("decimal=dot", "decimal 'dot' is neither comma nor point"),
            ("header=maybe", "header 'maybe' is neither yes nor no"),
            ("shape=1x8x8", "is a table, and shape an option of images"),
        ],
    )
    def test_refuses_what_cannot_be(self, tmp_path, open_set, options, sentence):
        with pytest.raises(UsageError, match=sentence):
            open_set(f"{write_csv(tmp_path / 'x.csv')}?{options}", "all")

    def test_options_of_tables_are_none_of_images(self, open_set):
        with pytest.raises(UsageError, match="noise is images, and columns an option of tables: leave it out"):
            open_set("noise?columns=a", "test")

    def test_which_rows_are_the_same(self):
        assert same_images("csv:a.csv?columns=x", "csv:a.csv")
        assert not same_images("csv:a.csv?label=y&class=0", "csv:a.csv?label=y&class=1,2")
        assert same_images("csv:a.csv?label=y&class=0", "csv:a.csv?label=y&class=0.0,1")
        assert same_images("csv:a.csv?label=y&class=0", "csv:a.csv?label=z&class=1"), "rows may be of both"
        assert not same_images("csv:a.csv", "parquet:a.csv")
