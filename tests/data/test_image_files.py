"""Arrays of a user's own images in files of every kind: layouts, numbers, names of arrays, and what is refused."""

import gzip
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from oodflow.data import RealSet, same_images, shape_of
from oodflow.data.sources.image_files import IMAGE_FILES
from oodflow.errors import OodflowError, UnknownName, UsageError
from oodflow.testing import check_source

from .layouts import random_images

IMAGES = random_images(40, 3, 8, 9)
GREY = random_images(40, 1, 8, 9, seed=1)
FIVE = random_images(40, 5, 8, 9, seed=2)
CODES = {"u1": 8, "i1": 9, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def write_idx(path, array, zipped=False):
    kind = array.dtype.str[1:]
    content = struct.pack(f">HBB{array.ndim}I", 0, CODES[kind], array.ndim, *array.shape)
    content += array.astype(f">{kind}").tobytes()
    path.write_bytes(gzip.compress(content) if zipped else content)


WRITERS = {
    "npy": lambda path, array: np.save(path, array),
    "npz": lambda path, array: np.savez(path, images=array, labels=np.zeros(len(array)), names=["a"] * len(array)),
    "mat": lambda path, array: savemat(path, {"images": array, "labels": np.zeros((len(array), 1)), "of": "text"}),
    "idx": write_idx,
}


@pytest.fixture
def save(tmp_path):
    def write(kind, array, name="x"):
        path = tmp_path / f"{name}.{kind}"
        WRITERS[kind](path, array)
        return f"{kind}:{path}"

    return write


@pytest.fixture(params=IMAGE_FILES)
def kind(request):
    return request.param


def all_of(opened):
    return opened.batch(slice(None))


def test_every_kind_has_a_writer_here():
    assert set(WRITERS) == set(IMAGE_FILES)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (IMAGES, IMAGES),
        (IMAGES.transpose(0, 2, 3, 1), IMAGES),
        (FIVE, FIVE),
        (FIVE.transpose(0, 2, 3, 1), FIVE),
        (FIVE[:, :2], FIVE[:, :2]),
        (np.concatenate([FIVE, FIVE], 1)[:, :7], np.concatenate([FIVE, FIVE], 1)[:, :7]),
        (np.concatenate([IMAGES, GREY], 1).transpose(0, 2, 3, 1), np.concatenate([IMAGES, GREY], 1)),
        ((IMAGES / 255).astype(np.float32), IMAGES),
        (IMAGES / 255, IMAGES),
        (IMAGES.astype(np.int32), IMAGES),
        (IMAGES.astype(np.float64), IMAGES),
    ],
    ids=["first", "last", "5 first", "5 last", "2", "7", "rgba", "float", "double", "int", "whole"],
)
def test_layouts_and_numbers(kind, save, open_set, array, expected):
    np.testing.assert_array_equal(all_of(open_set(save(kind, array), "all")), expected)


def test_guessed_axes_are_said_and_known_ones_are_not(kind, save, open_set):
    assert open_set(save(kind, FIVE), "all").note == "taken for [N,C,H,W], images of 5 channels"
    spec = save(kind, FIVE.transpose(0, 2, 3, 1), "last")
    assert open_set(spec, "all").note == "taken for [N,H,W,C], images of 5 channels"
    assert open_set(f"{spec}?axes=nhwc", "all").note == ""
    assert open_set(save(kind, IMAGES, "usual"), "all").note == ""


@pytest.mark.parametrize("axes", ["NCHW", "NHWC", "HWCN", "CNWH", "WHNC"])
def test_axes_that_are_said_are_taken(kind, save, open_set, axes):
    cube = random_images(6, 6, 6, 6)  # nothing can be told of its lengths
    lying = cube.transpose(["NCHW".index(letter) for letter in axes])
    np.testing.assert_array_equal(all_of(open_set(f"{save(kind, lying)}?axes={axes}", "all")), cube)


@pytest.mark.parametrize(
    ("axes", "array", "expected"),
    [
        ("NHW", GREY[:3, 0], GREY[:3]),
        ("CHW", IMAGES[0], IMAGES[:1]),
        ("HWC", IMAGES[0].transpose(1, 2, 0), IMAGES[:1]),
        ("HW", GREY[0, 0], GREY[:1]),
        ("HWN", GREY[:, 0].transpose(1, 2, 0), GREY),
    ],
)
def test_axes_may_be_fewer(kind, save, open_set, axes, array, expected):
    named = "&array=images" if kind in ("npz", "mat") else ""
    np.testing.assert_array_equal(all_of(open_set(f"{save(kind, array)}?axes={axes}{named}", "all")), expected)


@pytest.mark.parametrize(
    "array",
    [random_images(40, 3, 8, 3), random_images(40, 8, 8, 8), random_images(40, 8, 3, 9)],
    ids=["either", "cube", "none"],
)
def test_asks_where_it_can_not_tell(kind, save, open_set, array):
    if kind == "mat" and array.shape == (40, 8, 3, 9):
        pytest.skip("images [H,W,C,N], as MATLAB's users keep them")
    with pytest.raises(OodflowError, match=r"x\.\w+: shape \[40, .* say which with \?axes=, such as \?axes=NHWC"):
        open_set(save(kind, array), "all")


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (IMAGES[0].transpose(1, 2, 0), r"could be one picture \[H,W,C\] or 8 grey ones"),
        (IMAGES[0], r"could be one picture \[C,H,W\] or 3 grey ones"),
        (IMAGES[None], r"shape \[1, 40, 3, 8, 9\] should be"),
    ],
)
def test_a_single_picture_is_not_many(kind, save, open_set, array, sentence):
    with pytest.raises(OodflowError, match=sentence):
        open_set(save(kind, array), "all")


def test_matlab_keeps_images_along_the_last_axis(save, open_set):
    for array, expected in ((IMAGES, IMAGES), (FIVE, FIVE)):
        np.testing.assert_array_equal(all_of(open_set(save("mat", array.transpose(2, 3, 1, 0)), "all")), expected)
    square = random_images(40, 1, 8, 8)
    for array in (square[:, 0].transpose(1, 2, 0), square[:, 0]):
        np.testing.assert_array_equal(all_of(open_set(save("mat", array), "all")), square)
    with pytest.raises(OodflowError, match=r"could be grey images \[H,W,N\] or \[N,H,W\]"):
        open_set(save("mat", GREY[:, 0]), "all")


@pytest.mark.parametrize("kind", ["npz", "mat"])
class TestSeveralArrays:
    def saved(self, kind, path, **arrays):
        np.savez(path, **arrays) if kind == "npz" else savemat(path, arrays)
        return f"{kind}:{path}"

    def test_one_is_named(self, kind, tmp_path, open_set):
        spec = self.saved(kind, tmp_path / f"x.{kind}", train=IMAGES, test=IMAGES[::-1], y=np.zeros(40))
        np.testing.assert_array_equal(all_of(open_set(f"{spec}?array=test", "all")), IMAGES[::-1])
        np.testing.assert_array_equal(all_of(open_set(f"{spec}?array=train", "all")), IMAGES)
        assert not same_images(f"{spec}?array=train", f"{spec}?array=test")
        with pytest.raises(UsageError, match=r"say which with \?array=NAME; there are train \[40, 3, 8, 9\], test "):
            open_set(spec, "all")
        with pytest.raises(UnknownName, match=r"unknown array of x\.\w+ 'tset': did you mean 'test'"):
            open_set(f"{spec}?array=tset", "all")

    def test_x_is_meant_before_others(self, kind, tmp_path, open_set):
        spec = self.saved(kind, tmp_path / f"x.{kind}", masks=GREY, X=IMAGES)
        np.testing.assert_array_equal(all_of(open_set(spec, "all")), IMAGES)

    def test_columns_are_none_of_images(self, kind, tmp_path, open_set):
        spec = self.saved(kind, tmp_path / f"x.{kind}", X=IMAGES, y=np.zeros(40))
        with pytest.raises(UsageError, match="is images, and class an option of tables: leave it out"):
            open_set(f"{spec}?class=0", "all")


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_two_axes_are_a_table_unless_axes_are_said(kind, tmp_path, open_set):
    rows = np.random.default_rng(0).random((20, 6))
    path = tmp_path / f"x.{kind}"
    np.save(path, rows) if kind == "npy" else np.savez(path, X=rows)
    assert isinstance(open_set(f"{kind}:{path}", "all"), RealSet)
    assert open_set(f"{kind}:{path}?axes=HW", "all").shape == (1, 20, 6)
    with pytest.raises(UsageError, match=r"is a table, and shape an option of images.* \[N,H,W\] or \[N,C,H,W\]"):
        open_set(f"{kind}:{path}?shape=1x8x8", "all")


def test_what_are_no_images_is_refused_with_a_hint(tmp_path, open_set):
    savemat(tmp_path / "x.mat", {"X": np.zeros((20, 6))})
    with pytest.raises(OodflowError, match=r"x\.mat: shape \[20, 6\] is a matrix, .*save a table as \.npz"):
        open_set(f"mat:{tmp_path}/x.mat", "all")
    savemat(tmp_path / "y.mat", {"X": np.zeros((4, 3, 2, 2), complex)})
    with pytest.raises(OodflowError, match=r"y\.mat: .*no array of numbers"):
        open_set(f"mat:{tmp_path}/y.mat", "all")
    write_idx(tmp_path / "labels-idx1-ubyte", np.zeros(20, np.uint8))
    with pytest.raises(OodflowError, match=r"labels-idx1-ubyte: shape \[20\]: these are labels, and no images"):
        open_set(f"idx:{tmp_path}/labels-idx1-ubyte", "all")
    for spec in ("mnist?axes=NHW", "folder:x?axes=NHW", "csv:x.csv?axes=HW"):
        with pytest.raises(UsageError, match="axes is an option of npy, npz, mat, idx:PATH: leave it out"):
            open_set(spec, "all")
    with pytest.raises(UsageError, match="axes 'NHWW' are none: write a letter for each axis"):
        open_set("npy:x.npy?axes=NHWW", "all")
    np.save(tmp_path / "x.npy", IMAGES)
    with pytest.raises(OodflowError, match=r"\?axes=NHW names 3 axes, but the shape is \[40, 3, 8, 9\]"):
        open_set(f"npy:{tmp_path}/x.npy?axes=NHW", "all")


def test_one_rule_for_pixels(kind, save, open_set):
    far = IMAGES.astype(np.int16) * 16
    with pytest.raises(OodflowError, match=rf"values go from 0 to \d+: .*{kind}:.*\?range=LOW,HIGH"):
        open_set(save(kind, far), "all")
    np.testing.assert_array_equal(all_of(open_set(f"{save(kind, far)}?range=0,4080", "all")), IMAGES)
    if kind != "idx":
        np.testing.assert_array_equal(all_of(open_set(save(kind, IMAGES > 99), "all")), np.where(IMAGES > 99, 255, 0))
    broken = (IMAGES / 255).astype(np.float32)
    broken[7, 1, 2, 3] = np.nan
    with pytest.raises(OodflowError, match=r"1 values are NaN or infinite, the first at \[7, 1, 2, 3\]"):
        open_set(save(kind, broken), "all")
    for number in (np.uint8, np.int32):
        assert "masks of 0 and 1" in open_set(save(kind, (IMAGES > 99).astype(number)), "all").note


def test_other_zip_files_are_no_archives_of_arrays(tmp_path, open_set):
    with zipfile.ZipFile(tmp_path / "x.npy", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    with pytest.raises(OodflowError, match=r"x\.npy: this is a zip file with no array of NumPy in it"):
        open_set(f"npy:{tmp_path}/x.npy", "all")
    with pytest.raises(OodflowError, match=r"x\.npy: there is no array of numbers in it"):
        open_set(f"npz:{tmp_path}/x.npy", "all")


def test_every_kind_keeps_the_contract(kind, save):
    spec = save(kind, IMAGES)
    name, _, path = spec.partition(":")
    check_source(IMAGE_FILES[name](Path(path)))


def test_several_slabs_are_joined(kind, save, open_set, monkeypatch):
    monkeypatch.setattr("oodflow.data.sources.arrays.CHUNK_BYTES", 7 * 3 * 8 * 9)
    monkeypatch.setattr("oodflow.data.image_set.CHUNK_BYTES", 5 * 3 * 8 * 9)
    np.testing.assert_array_equal(all_of(open_set(save(kind, IMAGES), "all")), IMAGES)
    np.testing.assert_array_equal(all_of(open_set(save(kind, IMAGES / 255, "real"), "all")), IMAGES)


def test_other_numbers_of_channels_are_resized_plane_by_plane_and_never_made_colours(kind, save, open_set):
    spec = save(kind, FIVE)
    opened = open_set(f"{spec}?shape=5x4x4", "all")
    assert opened.shape == shape_of(f"{spec}?shape=5x4x4") == (5, 4, 4)
    alone = save(kind, FIVE[:, 3:4], "alone")
    np.testing.assert_array_equal(all_of(opened)[:, 3:4], all_of(open_set(f"{alone}?shape=1x4x4", "all")))
    with pytest.raises(UsageError, match=r"images of 5 channels can't be made such of 3: .* ask for the shape 5xHxW"):
        open_set(f"{spec}?shape=3x4x4", "all")
    assert open_set("noise?shape=5x8x8").shape == (5, 8, 8)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: c + b"x", lambda c: b"\1" + c[1:], lambda c: c[:6]])
def test_damaged_idx_files(tmp_path, open_set, damage, zipped):
    path = tmp_path / "x-ubyte"
    write_idx(path, IMAGES)
    content = damage(path.read_bytes())
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(OodflowError, match=r"x-ubyte: not a whole IDX file"):
        open_set(f"idx:{path}", "all")


def test_what_holds_far_more_than_its_file_is_refused(tmp_path, open_set):
    path = tmp_path / "bomb-ubyte.gz"
    header = struct.pack(">HBB3I", 0, 8, 3, 1 << 20, 64, 64)
    path.write_bytes(gzip.compress(header + bytes(1 << 20)))
    with pytest.raises(OodflowError, match=r"bomb-ubyte\.gz: says that 4,294,967,296 bytes are in it"):
        open_set(f"idx:{path}", "all")
