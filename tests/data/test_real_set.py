"""Real tensors in memory: the same protocol as images."""

import numpy as np
import pytest

from oodflow.data import RealSet
from oodflow.errors import UsageError

VECTORS = np.random.default_rng(0).normal(size=(9, 4))


def test_batches_have_memory_of_their_own():
    vectors = RealSet.from_array(VECTORS.copy(), "table")
    batch = vectors.batch(slice(2, 5))
    batch[:] = 0
    np.testing.assert_array_equal(vectors.batch([4, 2]), VECTORS[[4, 2]])
    assert (len(vectors), vectors.shape, vectors.name, vectors.split) == (9, (4,), "table", "test")


def test_limit_is_spread_evenly():
    np.testing.assert_array_equal(RealSet.from_array(VECTORS).limit(3).batch(slice(None)), VECTORS[[0, 3, 6]])
    assert len(RealSet.from_array(VECTORS).limit(100)) == 9
    with pytest.raises(UsageError, match="at least 1 tensor"):
        RealSet.from_array(VECTORS).limit(0)


def test_the_fingerprint_tells_numbers_types_and_shapes_apart():
    changed = VECTORS.copy()
    changed[8, 3] += 1e-12
    others = [changed, VECTORS.astype(np.float32), VECTORS.reshape(6, 6), VECTORS[::-1], VECTORS[:8]]
    prints = {RealSet.from_array(array).fingerprint for array in [VECTORS, *others]}
    assert len(prints) == 6
    same_bytes = [np.zeros((4, 3), np.float32), np.zeros((2, 3))]
    assert len({RealSet.from_array(array).fingerprint for array in same_bytes}) == 2
    assert RealSet.from_array(VECTORS.copy(), "other").fingerprint == RealSet.from_array(VECTORS).fingerprint


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.zeros(3), np.zeros((2, 3), int), [[1.0]]], ids=repr)
def test_what_is_no_set_of_real_tensors(array):
    with pytest.raises(UsageError, match=r"values must be a non-empty float array \[N, ...\], such as \[N, D\], but"):
        RealSet.from_array(array)


def test_numbers_that_are_none():
    with pytest.raises(UsageError, match=r"1 numbers of table are NaN or infinite, the first at \[1, 2\]"):
        RealSet.from_array(np.where(np.arange(6).reshape(2, 3) == 5, np.nan, 1.0), "table")


def test_rows_of_a_larger_array_are_as_if_they_were_alone():
    rows = np.array([7, 1, 4])
    part = RealSet("x", "test", VECTORS, columns=tuple("abcd"), rows=rows)
    alone = RealSet.from_array(VECTORS[rows])
    assert (len(part), part.shape, part.fingerprint) == (3, (4,), alone.fingerprint)
    np.testing.assert_array_equal(part.batch(slice(1, None)), VECTORS[[1, 4]])
    np.testing.assert_array_equal(part.take(np.array([2, 0])).batch([0, 1]), VECTORS[[4, 7]])
    np.testing.assert_array_equal(part.limit(2).batch(slice(None)), VECTORS[[7, 1]])
    assert part.limit(2).columns == tuple("abcd")


@pytest.mark.parametrize("rows", [3, 1.5, [0.5], [True, False, True, False], [[0, 1]], "all"])
def test_take_takes_numbers_of_what_to_keep(rows):
    data = RealSet.from_array(np.zeros((4, 3)))
    assert len(data.take([0, 2])) == len(data.take(np.array([2, 0], np.uint8))) == 2
    assert len(data.take([])) == 0
    with pytest.raises(UsageError, match=r"^take\(.*\) of array: expected the numbers of those to keep, .*limit\(n\)"):
        data.take(rows)


def test_whether_any_row_differs(monkeypatch):
    monkeypatch.setattr("oodflow.data.real_set.CHUNK_BYTES", 48)  # two rows at a time
    rows = np.full((9, 3), 0.1)
    assert not RealSet.from_array(rows).varies
    rows[7, 1] = 0.2
    assert RealSet.from_array(rows).varies
    assert not RealSet.from_array(rows).take(np.array([0, 3, 8])).varies
    assert not RealSet.from_array(rows[:1]).varies


def test_it_is_shown_by_what_it_holds():
    assert repr(RealSet.from_array(np.zeros((4, 3)))) == "RealSet('array', 'test': 4 rows of 3)"
