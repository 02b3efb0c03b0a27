import numpy as np
import pytest

from oodflow.data import RealSet
from oodflow.data.splits import ASKABLE, SPLITS, deal, halves, held_out, limited, part_of, rows_of
from oodflow.errors import OodflowError, UsageError

OFFICIAL, WHOLE, OWN = ["train", "test"], ["all"], ["train", "calibration", "test"]


@pytest.mark.parametrize("parts", [OFFICIAL, WHOLE])
@pytest.mark.parametrize("n", [3, 10, 999, 20_001])
def test_dealt_splits_are_disjoint_and_complete(parts, n):
    dealt = [rows_of(split, part_of("x", split, parts), parts, n) for split in SPLITS[: 2 if parts is OFFICIAL else 3]]
    assert all(len(rows) for rows in dealt)
    assert all((np.diff(rows) > 0).all() for rows in dealt)
    np.testing.assert_array_equal(np.sort(np.concatenate(dealt)), np.arange(n))


def test_the_deal_is_fixed_for_good():
    """A changed deal would make results of different versions incomparable without anyone noticing."""
    assert deal(100, ("calibration", "test"))["calibration"].tolist() == [18, 21, 27, 32, 39, 41, 48, 82, 84, 92]
    assert rows_of("train", "train", OFFICIAL, 100).dtype == np.int64


def test_the_deal_is_random():
    rows = rows_of("calibration", "train", OFFICIAL, 60_000)
    assert abs(rows.mean() / 30_000 - 1) < 0.05


@pytest.mark.parametrize("n", [50, 5000])
def test_train_and_calibration_together_are_the_official_part(n):
    np.testing.assert_array_equal(rows_of("train+calibration", "train", OFFICIAL, n), np.arange(n))


def test_train_and_calibration_of_a_whole_leave_the_test_split():
    rows = [rows_of(split, "all", WHOLE, 100) for split in ("train+calibration", "test")]
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), np.arange(100))


@pytest.mark.parametrize(
    ("split", "parts", "part"),
    [("test", OFFICIAL, "test"), ("all", OFFICIAL, "test"), ("all", WHOLE, "all"), ("all", OWN, "test")]
    + [(split, OWN, split) for split in SPLITS],
)
def test_what_is_not_dealt_is_whole(split, parts, part):
    assert part_of("x", split, parts) == part
    np.testing.assert_array_equal(rows_of(split, part, parts, 7), np.arange(7))


@pytest.mark.parametrize("split", ["train", "calibration", "train+calibration"])
def test_a_set_for_testing_only(split):
    with pytest.raises(OodflowError, match=r"notmnist has no .* split: it comes in test only"):
        part_of("notmnist", split, ["test"])


def test_its_own_calibration_part_is_not_joined():
    with pytest.raises(OodflowError, match="it comes in train, calibration, test only"):
        part_of("photographs", "train+calibration", OWN)


def test_unknown_splits():
    with pytest.raises(UsageError, match="unknown split 'tset': did you mean 'test'"):
        part_of("mnist", "tset", OFFICIAL)
    assert set(SPLITS) < set(ASKABLE)


@pytest.mark.parametrize(("n", "size"), [(1, 1), (9, 1), (100, 10), (10_000, 1000), (20_000, 1000), (50_000, 2500)])
def test_what_is_held_out(n, size):
    assert held_out(n) == size


@pytest.mark.parametrize("whole", [1, 2, 5, 20, 21])
def test_what_is_limited_keeps_the_halves(whole):
    part = RealSet.from_array(np.arange(float(whole))[:, None])
    first, second = ({*half.batch(slice(None)).ravel().tolist()} for half in halves(part))
    for n in range(1, whole + 2):
        some = limited(part, n)
        rows = some.batch(slice(None)).ravel().tolist()
        assert len(rows) == min(n, whole) and rows == sorted({*rows})
        of_first, of_second = ({*half.batch(slice(None)).ravel().tolist()} for half in halves(some))
        assert of_first <= first and of_second <= second
