import numpy as np
import pytest

from oodflow.data import ImageSet
from oodflow.data.image_set import content_digest, in_chunks
from oodflow.errors import UsageError

from .layouts import random_images

IMAGES = random_images(20, 3, 4, 5)


def test_from_array():
    images = ImageSet.from_array(IMAGES, name="mine", split="train")
    assert (len(images), images.shape, images.name, images.split, images.note) == (20, (3, 4, 5), "mine", "train", "")
    assert len(images.fingerprint) == 16
    assert int(images.fingerprint, 16)


@pytest.mark.parametrize("indices", [[3, 1, 3], np.array([7]), slice(2, 9), slice(None)])
def test_batches_are_memory_of_their_own(indices):
    images = ImageSet.from_array(IMAGES)
    batch = images.batch(indices)
    np.testing.assert_array_equal(batch, IMAGES[indices])
    assert batch.flags.c_contiguous
    assert batch.flags.writeable
    assert not np.shares_memory(batch, IMAGES)


def test_batches_follow_the_rows():
    images = ImageSet("x", "test", IMAGES, np.array([4, 9, 2]), "00")
    np.testing.assert_array_equal(images.batch([2, 0]), IMAGES[[2, 4]])


def test_limit():
    images = ImageSet.from_array(IMAGES)
    np.testing.assert_array_equal(images.limit(3).batch(slice(None)), IMAGES[[0, 6, 13]])
    assert images.limit(20).fingerprint == images.fingerprint
    assert images.limit(99).fingerprint == images.fingerprint
    with pytest.raises(UsageError, match="at least 1 image, but 0 came"):
        images.limit(0)


@pytest.mark.parametrize("n", [1, 7, 10, 33, 99])
def test_a_limit_takes_as_many_of_each_class_of_a_sorted_set(n):
    """The rows are those of a dealt split: not the numbers of the images, and not without gaps."""
    rows = np.arange(3, 303, 3)
    limited = ImageSet("sorted", "test", np.repeat(IMAGES, 20, axis=0), rows, "00").limit(n)
    assert len(np.unique(limited.rows)) == len(limited) == n
    assert np.isin(limited.rows, rows).all()
    per_class = np.bincount(np.searchsorted(rows, limited.rows) // 10, minlength=10)
    assert np.ptp(per_class) <= 1


def test_the_fingerprint_follows_pixels_shape_and_rows():
    changed = IMAGES.copy()
    changed[3, 2, 1, 0] ^= 1
    sets = [IMAGES, changed, IMAGES.reshape(20, 3, 5, 4), IMAGES[::-1], IMAGES[:19]]
    prints = {ImageSet.from_array(images).fingerprint for images in sets}
    assert len(prints) == len(sets)
    assert ImageSet.from_array(IMAGES.copy(), name="other").fingerprint in prints
    assert ImageSet.from_array(IMAGES).fingerprint == "d87fd48e9da1743b"  # the same on every machine, for good


def test_the_digest_does_not_depend_on_the_chunks(monkeypatch):
    whole = content_digest((3, 4, 5), [IMAGES])
    monkeypatch.setattr("oodflow.data.image_set.CHUNK_BYTES", 200)
    pieces = list(in_chunks(IMAGES))
    assert [len(piece) for piece in pieces] == [3] * 6 + [2]
    assert content_digest((3, 4, 5), pieces) == whole


@pytest.mark.parametrize("images", [IMAGES.astype(float), IMAGES[0], IMAGES[:0], IMAGES.tolist(), None])
def test_refuses_other_arrays(images):
    with pytest.raises(UsageError, match=r"images must be a non-empty uint8 array \[N,C,H,W\], but .* came"):
        ImageSet.from_array(images)


@pytest.mark.parametrize("rows", [3, 1.5, [0.5], [True, False, True, False], [[0, 1]], "all"])
def test_take_takes_numbers_of_what_to_keep(rows):
    data = ImageSet.from_array(np.zeros((4, 1, 2, 2), np.uint8))
    assert len(data.take([0, 2])) == len(data.take(np.array([2, 0], np.uint8))) == 2
    assert len(data.take([])) == 0
    with pytest.raises(UsageError, match=r"^take\(.*\) of array: expected the numbers of those to keep, .*limit\(n\)"):
        data.take(rows)


def test_it_is_shown_by_what_it_holds():
    assert repr(ImageSet.from_array(np.zeros((4, 1, 2, 2), np.uint8))) == "ImageSet('array', 'test': 4 images of 1x2x2)"
