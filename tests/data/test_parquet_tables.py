"""Tables as Parquet."""

import sys

import numpy as np
import pytest

from oodflow.data import shape_of
from oodflow.errors import OodflowError

from .writing_tables import LABELS, VALUES, needs_pyarrow, write_npy, write_parquet


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
