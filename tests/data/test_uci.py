"""MiniBooNE and HEPMASS, in files of the published layouts, and the tables that come with scikit-learn."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from oodflow.data import SOURCES, RealSet, same_images, shape_of, status, verify
from oodflow.errors import OodflowError, UnknownName, UsageError
from oodflow.testing.sources import check_source

from .layouts import EVENTS, FEATURES, LABELS, SIGNALS, write_hepmass, write_miniboone


class TestMiniBooNE:
    def test_is_dealt_as_in_the_papers_code(self, root, open_set):
        write_miniboone(root)
        signals, background = EVENTS[:SIGNALS], EVENTS[SIGNALS : 2 * SIGNALS]
        for events, names in ((signals, ("1", "signal")), (background, ("0", "background"))):
            _, test = train_test_split(events, test_size=0.1, random_state=0)
            for name in names:
                found = open_set(f"miniboone?class={name}", "test")
                assert isinstance(found, RealSet)
                np.testing.assert_allclose(np.sort(found.array, 0), np.sort(test, 0))
                train, calibration = (
                    len(open_set(f"miniboone?class={name}", part)) for part in ("train", "calibration")
                )
                assert (train, calibration, len(found)) == (33, 3, 4)

    def test_keeps_the_contract(self, root, open_set):
        write_miniboone(root)
        check_source(SOURCES["miniboone"], root)
        assert len(open_set("miniboone", "all")) == 8
        assert verify("miniboone", root) == []
        found = status("miniboone", root)
        assert (found.state, found.counts) == ("partial", {"train": 72, "test": 8})
        assert found.detail.startswith("train: partial: 72 of 65,698 rows")

    def test_columns(self, root, open_set):
        write_miniboone(root)
        chosen = open_set("miniboone?class=signal&columns=50,2", "train")
        assert chosen.columns == ("50", "2")
        whole = open_set("miniboone?class=signal", "train")
        np.testing.assert_array_equal(chosen.array, whole.array[:, [49, 1]])
        assert shape_of("miniboone?without=1,2") == (48,)

    def test_which_rows_are_the_same(self):
        assert same_images("miniboone?class=0", "miniboone?class=background")
        assert same_images("miniboone?class=0", "miniboone")
        assert not same_images("miniboone?class=0", "miniboone?class=1")

    def test_missing(self, root, open_set):
        with pytest.raises(OodflowError, match=r"miniboone \(test\) is not in .*: get MiniBooNE_PID.txt of https"):
            open_set("miniboone?class=0", "test")
        assert status("miniboone", root).state == "missing"

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ("class=2", "unknown class of miniboone '2'"),
            ("columns=51", "unknown column of miniboone '51'"),
            ("label=y", "miniboone has no option label"),
        ],
    )
    def test_refuses_what_it_has_not_got(self, root, open_set, options, sentence):
        write_miniboone(root)
        with pytest.raises(UsageError, match=sentence):
            open_set(f"miniboone?{options}", "test")

    @pytest.mark.parametrize(
        ("how", "sentence"),
        [
            ({"first": "1 2 3"}, "the first line should be two numbers"),
            ({"first": "0 9"}, "the first line promises 0 signals"),
            ({"first": "40 71"}, "promises 111 events of 50 numbers, but there are 110 of 50"),
            ({"first": "40 69"}, "promises 109 events of 50 numbers, but there are 110 of 50"),
            ({"events": EVENTS[:, :9]}, "of 50 numbers, but there are 110 of 9"),
            ({"events": np.where(EVENTS[3, 4] == EVENTS, np.nan, EVENTS)}, "1 numbers are NaN or infinite"),
        ],
    )
    def test_damage(self, root, how, sentence):
        write_miniboone(root, **how)
        (found, *_) = verify("miniboone", root)
        assert sentence in found


class TestHepmass:
    @pytest.mark.parametrize("compressed", [True, False])
    @pytest.mark.parametrize(("name", "removed"), [("hepmass", range(1, 13)), ("hepmass_maf", range(1, 7))])
    def test_removes_columns_by_either_reading(self, root, open_set, name, removed, compressed):
        write_hepmass(root, compressed)
        left = [column for column in range(27) if column not in removed]
        for label, word in ((0, "background"), (1, "signal")):
            test = open_set(f"{name}?class={word}", "test")
            np.testing.assert_array_equal(test.array, -FEATURES[:90][LABELS[:90] == label][:, left])
            both = open_set(f"{name}?class={label}", "train+calibration")
            np.testing.assert_array_equal(both.batch(slice(None)), FEATURES[label == LABELS][:, left])
            assert test.columns == both.columns == tuple(f"f{column}" for column in left)
            assert not test.note
        assert shape_of(name) == test.shape == ({"hepmass": 15, "hepmass_maf": 21}[name],)

    def test_keeps_the_contract(self, root):
        write_hepmass(root)
        for name in ("hepmass", "hepmass_maf"):
            check_source(SOURCES[name], root)
            assert status(name, root).state == "ready"
            assert verify(name, root) == []

    def test_a_file_that_has_changed_is_counted_again(self, root, open_set):
        write_hepmass(root)
        before = open_set("hepmass", "test").columns
        write_hepmass(root, train=FEATURES[200:], labels=LABELS[200:])
        after = open_set("hepmass", "test")
        assert len(after.columns) > len(before)
        assert after.note == "27 of 27 columns are left, where all rows leave 15"

    def test_either_file_may_be_missing(self, root, open_set):
        write_hepmass(root)
        (root / "hepmass/1000_train.csv.gz").unlink()
        with pytest.raises(OodflowError, match=r"hepmass \(test\) is not in .*: get 1000_train.csv.gz and"):
            open_set("hepmass?class=0", "test")

    def test_damage(self, root):
        write_hepmass(root, train=np.where(FEATURES[5, 6] == FEATURES, np.nan, FEATURES))
        assert "row 6 (line 7), column 'f6', is missing or infinite" in verify("hepmass", root)[0]
        write_hepmass(root, train=np.zeros((300, 27)))
        assert "no column is left" in verify("hepmass", root)[0]


class TestScikitLearn:
    def test_classes(self, open_set):
        benign, malignant = (open_set(f"breast_cancer?class={name}", "all") for name in ("benign", "malignant"))
        assert (len(benign), len(malignant), benign.shape) == (357, 212, (30,))
        assert "mean radius" in benign.columns
        assert malignant.array.mean(0)[0] > benign.array.mean(0)[0]
        assert sum(len(open_set(f"wine?class={name}", "all")) for name in ("first", "second", "third")) == 178
        assert len(open_set("wine?class=0,third", "train")) > len(open_set("wine?class=0", "train"))

    def test_unknown_classes(self, open_set):
        with pytest.raises(UnknownName, match="'bening': did you mean 'benign'"):
            open_set("breast_cancer?class=bening", "all")
