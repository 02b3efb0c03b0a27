"""Tables of a user's own, in every format."""

import gzip
import importlib.util
import io
import json
import sys
import zipfile
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


@pytest.fixture(params=[pytest.param(kind, marks=[needs_pyarrow] * (kind == "parquet")) for kind in TABLE_FILES])
def spec(request, tmp_path):
    """The same table in every format."""
    return globals()[f"write_{request.param}"](tmp_path / f"x.{request.param}")


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


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("names", [("age", "weight", "height"), ()])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
    def test_dialects(self, tmp_path, open_set, delimiter, names, end):
        whole = open_set(write_csv(tmp_path / "x.csv", delimiter=delimiter, names=names, end=end), "all")
        np.testing.assert_array_equal(whole.array, VALUES)
        assert whole.columns == names

    def test_one_column(self, tmp_path, open_set):
        whole = open_set(write_csv(tmp_path / "x.csv", "weight\n1\n2\n\n3.5"), "all")
        np.testing.assert_array_equal(whole.array, [[1], [2], [3.5]])

    def test_quotes_marks_spaces_and_words(self, tmp_path, open_set):
        text = '\ufeff"age, in years" ,"the ""weight"""\n"1", 2\nTRUE,false\n-1e3,+.5\n'
        whole = open_set(write_csv(tmp_path / "x.csv", text), "all")
        assert whole.columns == ("age, in years", 'the "weight"')
        np.testing.assert_array_equal(whole.array, [[1, 2], [1, 0], [-1000, 0.5]])
        chosen = open_set(f"{whole.name}?columns=age%2C in years", "all")
        np.testing.assert_array_equal(chosen.array, [[1], [1], [-1000]])

    def test_text_between_quotes_may_have_many_lines(self, tmp_path, open_set):
        text = 'note,x\n"two\nlines",1\nfine,2\nfine,no\n'
        np.testing.assert_array_equal(
            open_set(write_csv(tmp_path / "x.csv", text[:-8]) + "?without=note", "all").array, [[1], [2]]
        )
        with pytest.raises(OodflowError, match=r"row 3 \(line 5\), column 'x', is 'no'"):
            open_set(write_csv(tmp_path / "y.csv", text) + "?without=note", "all")

    def test_compressed(self, tmp_path, open_set):
        path = tmp_path / "x.csv.gz"
        path.write_bytes(gzip.compress(csv_text().encode()))
        np.testing.assert_array_equal(open_set(f"csv:{path}", "all").array, VALUES)
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(OodflowError, match="it cannot be uncompressed"):
            open_set(f"csv:{path}", "all")

    def test_names_that_are_numbers(self, tmp_path, open_set):
        spec = write_csv(tmp_path / "x.csv", "2019,2020\n1,2\n3,4\n")
        assert len(open_set(spec, "all")) == 3
        whole = open_set(f"{spec}?header=yes", "all")
        assert (len(whole), whole.columns) == (2, ("2019", "2020"))

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "the file is empty"),
            ("\n\n", "the file is empty"),
            ("a,b\n", "the table has no rows"),
            ("a,b\n1,2\n3,x\n", r"row 2 \(line 3\), column 'b', is 'x', which is no number: .*without=b"),
            ("a,b\n1,2\n,4\n", r"row 2 \(line 3\), column 'a', is missing or NaN"),
            ("a,b\n1,2\n3,n/a\n", r"row 2 \(line 3\), column 'b', is missing"),
            ("a,b\n1,2\n3,NaN\n", r"row 2 \(line 3\), column 'b', is missing"),
            ("a,b\n1,inf\n", r"row 1 \(line 2\), column 'b', is infinite"),
            ("a,b\n1,-inf\n", r"row 1 .*is minus infinite"),
            ("a,b\n1,1e309\n", r"row 1 .* column 'b', is infinite"),
            ("a,b\n1,2\n3\n", r"row 2 \(line 3\) has 1 field but the first line has 2"),
            ("a,b\n1,2\n3,4,5\n", r"row 2 \(line 3\) has 3 fields but the first line has 2"),
            ("1,2\n3,x\n", r"row 2 \(line 2\), column 2, is 'x', which is no number: .*without=2"),
            ("id,2020\n1,2\n", r"row 1 \(line 1\), column 1, is 'id', which is no number: .*header=yes"),
            ('"a, %",b\nx,1\n', r"row 1 .* is 'x', .*\?without=a%2C %25\."),
            ("a b c\n1 2 3\n", r"row 1 .* is '1 2 3', .*: put commas between the numbers, or .*delimiter="),
            ("a,a\n1,2\n", "two columns are called 'a'"),
            ("a,\n1,2\n", "column 2 has no name"),
            ("a,b\n1,\udcff\n", "this is no text in UTF-8"),
        ],
    )
    def test_one_sentence_says_what_is_wrong(self, tmp_path, open_set, text, sentence):
        path = tmp_path / "x.csv"
        path.write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(OodflowError, match=rf"x\.csv: {sentence}") as caught:
            open_set(f"csv:{path}", "all")
        assert str(caught.value).count(". ") == 0

    def test_a_line_without_end(self, tmp_path, open_set, monkeypatch):
        monkeypatch.setattr("oodflow.data.tables.csv_file.LINE", 10)
        with pytest.raises(OodflowError, match="a line is longer than 10 characters"):
            open_set(write_csv(tmp_path / "x.csv", "1,2\n" + "1" * 20), "all")

    def test_a_quotation_mark_that_is_not_closed(self, tmp_path, open_set):
        with pytest.raises(OodflowError, match=r"has 2 fields|this is no CSV"):
            open_set(write_csv(tmp_path / "x.csv", 'a,b\n1,2\n"3,4\n' + "5,6\n" * 50_000), "all")

    def test_a_bad_row_of_another_class_does_no_harm(self, tmp_path, open_set):
        spec = write_csv(tmp_path / "x.csv", "a,y\n1,0\nx,1\n3,0\n")
        np.testing.assert_array_equal(open_set(f"{spec}?label=y&class=0", "all").array, [[1], [3]])

    @pytest.mark.parametrize(
        "text", ["a;b\n1,5;-2\n,25;1e3\n", '"a","b"\n"1,5","-2"\n",25","1e3"\n', "1,5\t-2\n,25\t1e3"]
    )
    def test_commas_before_decimals(self, tmp_path, open_set, text):
        spec = write_csv(tmp_path / "x.csv", text)
        with pytest.raises(OodflowError, match=r"is '1,5', which is no number: if the comma is .* add .decimal=comma"):
            open_set(spec, "all")
        np.testing.assert_array_equal(open_set(f"{spec}?decimal=comma", "all").array, [[1.5, -2], [0.25, 1000]])

    def test_no_digit_is_lost(self, tmp_path, open_set):
        seconds = np.arange(1_700_000_000, 1_700_000_020)[:, None]
        text = csv_text(seconds, ("time",))
        np.testing.assert_array_equal(open_set(write_csv(tmp_path / "x.csv", text), "all").array, seconds)


class TestNpz:
    def test_other_names_and_axes(self, tmp_path, open_set):
        spec = write_npz(tmp_path / "x.npz", features=np.asfortranarray(VALUES), X=-VALUES)
        np.testing.assert_array_equal(open_set(f"{spec}?array=features", "all").array, VALUES)
        np.testing.assert_array_equal(open_set(f"{spec}?array=features&class=1", "all").array, VALUES[LABELS == 1])
        with pytest.raises(UnknownName, match=r"unknown array of x\.npz 'x': .*X, features, y"):
            open_set(f"{spec}?array=x", "all")

    def test_the_only_array_needs_no_name(self, tmp_path, open_set):
        np.savez(tmp_path / "x.npz", table=VALUES)
        np.testing.assert_array_equal(open_set(f"npz:{tmp_path}/x.npz", "all").array, VALUES)

    @pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, ">f4", np.float16, np.int64, "<f8"])
    def test_all_numbers_become_floats(self, tmp_path, open_set, dtype):
        table = rng.integers(0, 2, (20, 3)).astype(dtype)
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
    def test_one_sentence_says_what_is_wrong(self, tmp_path, open_set, arrays, sentence):
        spec = write_npz(tmp_path / "x.npz", **arrays)
        with pytest.raises(OodflowError, match=rf"x\.npz: .*{sentence}"):
            for wanted in ("1", "0"):
                open_set(f"{spec}?class={wanted}", "all")

    def test_sizes_are_checked_before_anything_is_allocated(self, tmp_path, open_set):
        header = io.BytesIO()
        facts = {"descr": "<f4", "fortran_order": False, "shape": (10**12, 3)}
        np.lib.format.write_array_header_1_0(header, facts)
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
            archive.writestr("X.npy", header.getvalue() + bytes(12))
        with pytest.raises(OodflowError, match="says that it has 12,000,000,000,000 bytes but 12 are there"):
            open_set(f"npz:{tmp_path}/x.npz", "all")

    @pytest.mark.parametrize("cut", [0, 10, 200, -30])
    def test_a_damaged_archive(self, tmp_path, open_set, cut):
        spec = write_npz(tmp_path / "x.npz")
        content = (tmp_path / "x.npz").read_bytes()
        (tmp_path / "x.npz").write_bytes(content[:cut])
        with pytest.raises(OodflowError, match=r"not a whole \.npz file"):
            open_set(spec, "all")


@needs_pyarrow
class TestParquet:
    def test_types(self, tmp_path, open_set):
        from decimal import Decimal

        more = {"whole": np.arange(60), "yes": LABELS.astype(bool), "price": [Decimal(f"{i}.5") for i in range(60)]}
        whole = open_set(write_parquet(tmp_path / "x.parquet", **more), "all")
        np.testing.assert_array_equal(whole.array[:, 3], np.arange(60))
        np.testing.assert_array_equal(whole.array[:, 4], LABELS)
        np.testing.assert_array_equal(whole.array[:, 5], np.arange(60) + 0.5)

    @pytest.mark.parametrize("index", ["__index_level_0__", "patient"])
    def test_the_index_of_pandas_is_no_feature_unless_it_is_named(self, tmp_path, open_set, index):
        names = ("age", index, "weight", "height")
        numbered = np.insert(VALUES, 1, np.arange(60), axis=1)
        spec = write_parquet(tmp_path / "x.parquet", numbered, names, {"index_columns": [index]})
        whole = open_set(spec, "all")
        assert whole.columns == ("age", "weight", "height")
        np.testing.assert_array_equal(whole.array, open_set(write_npy(tmp_path / "x.npy"), "all").array)
        assert shape_of(spec) == (3,)
        assert open_set(f"{spec}?without=height,{index}", "all").columns == ("age", "weight")
        assert open_set(f"{spec}?label={index}&class=7", "all").array.tolist() == VALUES[[7]].tolist()
        np.testing.assert_array_equal(open_set(f"{spec}?columns={index}", "all").array[:, 0], np.arange(60))

    @pytest.mark.parametrize("metadata", [{"index_columns": [{"kind": "range", "start": 0}]}, {"columns": []}, [1], 7])
    def test_without_an_index_among_the_columns_all_are_features(self, tmp_path, open_set, metadata):
        spec = write_parquet(tmp_path / "x.parquet", metadata=metadata)
        assert open_set(spec, "all").columns == ("age", "weight", "height")

    def test_text_and_null(self, tmp_path, open_set):
        spec = write_parquet(tmp_path / "x.parquet", word=["a"] * 60)
        with pytest.raises(OodflowError, match="row 1, column 'word', is 'a', which is no number"):
            open_set(spec, "all")
        for values in ([1.0, None] * 30, [1, None] * 30, [True, None] * 30):
            with pytest.raises(OodflowError, match="row 2, column 'more', is missing"):
                open_set(write_parquet(tmp_path / "y.parquet", more=values), "all")

    def test_damage(self, tmp_path, open_set):
        spec = write_parquet(tmp_path / "x.parquet")
        (tmp_path / "x.parquet").write_bytes((tmp_path / "x.parquet").read_bytes()[:-9])
        with pytest.raises(OodflowError, match="not a whole Parquet file"):
            open_set(spec, "all")


def test_parquet_without_its_reader(tmp_path, open_set, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(OodflowError, match=r"pip install 'oodflow\[tables\]'"):
        open_set(f"parquet:{tmp_path}/x.parquet", "all")
