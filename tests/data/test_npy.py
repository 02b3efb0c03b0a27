import numpy as np
import pytest

from oodflow.data import load
from oodflow.errors import OodflowError

from .layouts import random_images

IMAGES = random_images(40, 3, 8, 9)


@pytest.fixture
def open_array(tmp_path, open_set):
    def save_and_open(array, query="", split="all"):
        np.save(tmp_path / "x.npy", array)
        return open_set(f"npy:{tmp_path}/x.npy{query}", split)

    return save_and_open


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (IMAGES, IMAGES),
        (IMAGES.transpose(0, 2, 3, 1), IMAGES),
        (np.asfortranarray(IMAGES), IMAGES),
        (IMAGES[:, 0], IMAGES[:, :1]),
        (IMAGES[:, :1], IMAGES[:, :1]),
        (IMAGES[:, 0, :, :, None], IMAGES[:, :1]),
        (IMAGES.astype(np.int64), IMAGES),
        (IMAGES.astype(np.float32), IMAGES),
        (IMAGES / 255, IMAGES),
        ((IMAGES / 255).astype(np.float32), IMAGES),
        (IMAGES > 99, np.where(IMAGES > 99, np.uint8(255), np.uint8(0))),
    ],
    ids=[
        "bytes",
        "channels last",
        "fortran",
        "grey",
        "one channel",
        "last channel",
        "int",
        "float",
        "unit",
        "f4",
        "bool",
    ],
)
def test_layouts_and_numbers(open_array, array, expected):
    opened = open_array(array)
    images = opened.batch(slice(None))
    np.testing.assert_array_equal(images, expected)
    assert images.flags.c_contiguous
    assert images.flags.writeable


def test_the_same_pixels_have_the_same_fingerprint(open_array):
    prints = {open_array(array).fingerprint for array in (IMAGES, IMAGES.transpose(0, 2, 3, 1), IMAGES / 255)}
    assert len(prints) == 1


def test_bytes_are_not_copied(open_array, cache):
    first = open_array(IMAGES)
    assert not first.array.flags.writeable
    assert [path.suffix for path in cache.iterdir()] == [".json"]


def test_a_wanted_shape(open_array):
    assert open_array(IMAGES, "?shape=1x4x4").shape == (1, 4, 4)


def test_a_changed_file_is_read_anew(open_array):
    before = open_array(IMAGES / 255)
    after = open_array(IMAGES[::-1][:30] / 255)
    assert (len(before), len(after)) == (40, 30)
    np.testing.assert_array_equal(after.batch(0), IMAGES[-1])


def test_is_dealt(open_array):
    assert [len(open_array(IMAGES, split=split)) for split in ("train", "calibration", "test")] == [33, 5, 2]


def with_value(value, dtype=np.float64):
    array = (IMAGES / 255).astype(dtype)
    array[7, 1, 2, 3] = value
    return array


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (with_value(np.nan), r"1 values are NaN or infinite, the first at \[7, 1, 2, 3\]"),
        (with_value(-np.inf, np.float32), r"1 values are NaN or infinite, the first at \[7, 1, 2, 3\]"),
        (with_value(-0.5), "values go from -0.5 to 1 and are not whole"),
        (with_value(1.5), "values go from 0 to 1.5 and are not whole"),
        (IMAGES.astype(np.int32) - 1, "values go from -1 to 254: pixel values should be whole"),
        (IMAGES.astype(np.int32) * 2, "values go from 0 to 510: pixel values"),
        (IMAGES.astype(np.complex64), "holds complex64"),
        (IMAGES.astype(str), "holds <U3"),
        (IMAGES[:0], r"the array is empty: its shape is \[0, 3, 8, 9\]"),
        (IMAGES[0, 0, 0], r"shape \[9\] should be \[N,D\] for rows of a table, or .*: reshape it"),
        (IMAGES.transpose(0, 2, 1, 3), r"shape \[40, 8, 3, 9\] should be .*none of these"),
        (IMAGES[:, :, :, :3], r"shape \[40, 3, 8, 3\] should be .*could be either"),
    ],
    ids=[
        "nan",
        "inf",
        "negative",
        "above 1",
        "below 0",
        "above 255",
        "complex",
        "text",
        "empty",
        "1-d",
        "axes",
        "either",
    ],
)
def test_refuses_what_are_no_pixels(open_array, array, sentence):
    with pytest.raises(OodflowError, match=rf"x\.npy: {sentence}"):
        open_array(array)


def test_counts_all_that_is_not_finite_over_many_chunks(open_array, monkeypatch):
    monkeypatch.setattr("oodflow.data.image_set.CHUNK_BYTES", 4 * 8 * 3 * 8 * 9)  # 4 images
    array = IMAGES / 255
    array[[9, 30]] = np.nan
    with pytest.raises(OodflowError, match=r"432 values are NaN or infinite, the first at \[9, 0, 0, 0\]"):
        open_array(array)


def test_refuses_objects_archives_and_damaged_files(tmp_path, open_set):
    path = tmp_path / "x.npy"
    np.save(path, np.array([{"harm": 1}, None]), allow_pickle=True)
    contents = [path.read_bytes()]
    np.save(path, IMAGES)
    contents += [path.read_bytes()[:-1], path.read_bytes()[:20], b"", b"no array"]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(OodflowError, match=r"x\.npy: not a whole \.npy file of numbers") as raised:
            open_set(f"npy:{path}", "all")
        assert "pickle" not in str(raised.value)  # no advice to load what could do harm
    with path.open("wb") as file:
        np.savez(file, IMAGES)
    with pytest.raises(OodflowError, match=r"this is an \.npz file"):
        open_set(f"npy:{path}", "all")
    with pytest.raises(OodflowError, match=r"nowhere\.npy: there is no such file"):
        open_set(f"npy:{tmp_path}/nowhere.npy", "all")


@pytest.mark.parametrize(
    "array", [IMAGES, np.asfortranarray(IMAGES), np.ones((20, 3))], ids=["images", "fortran", "rows"]
)
def test_what_follows_the_array_is_told(tmp_path, open_set, array):
    """As where two were saved into one file."""
    with (tmp_path / "x.npy").open("wb") as file:
        np.save(file, array)
        np.save(file, array[:2])
    more = (tmp_path / "x.npy").stat().st_size - len(saved(tmp_path, array))
    with pytest.raises(OodflowError, match=rf"x\.npy: not one array: {more:,} bytes follow the one of shape"):
        open_set(f"npy:{tmp_path}/x.npy", "all")


def saved(folder, array) -> bytes:
    np.save(folder / "alone.npy", array)
    return (folder / "alone.npy").read_bytes()


def test_a_size_that_no_number_holds_is_told_without_numpys_warnings(tmp_path):
    path = tmp_path / "huge.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": (1 << 32, 1 << 32, 1, 1)}
        )
    with pytest.raises(OodflowError, match=r"huge\.npy: not a whole \.npy file of numbers \(array is too big"):
        load(f"npy:{path}", "all")
