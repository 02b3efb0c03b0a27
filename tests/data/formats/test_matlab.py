import io
import struct

import numpy as np
import pytest
from scipy.io import savemat

from oodflow.data.formats.matlab import mat_array, mat_shapes
from oodflow.errors import OodflowError

X = np.random.default_rng(0).integers(0, 256, (4, 3, 2, 50), dtype=np.uint8)


def saved(compressed=False, **arrays):
    buffer = io.BytesIO()
    savemat(buffer, arrays, do_compression=compressed)
    return buffer.getvalue()


def read(path, size=100):
    with mat_array(path, "X") as array:
        return np.concatenate(list(array.chunks(size)), axis=-1)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "some.mat"

    def write(content):
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("array", [X, X[..., :1], X[:1, :1, :1, :3], np.zeros((1, 0), np.uint8), X[0, 0]])
def test_arrays_come_back_from_whatever_place(file, compressed, array):
    path = file(saved(compressed, y=np.ones((3, 1)), X=array, z="text"))
    found = read(path) if array.size else None
    with mat_array(path, "X") as opened:
        assert (opened.kind, opened.shape) == ("uint8", array.shape)
    if found is not None:
        np.testing.assert_array_equal(found, array)


def test_big_endian_files_are_read(file):
    def element(kind, content):
        return struct.pack(">2I", kind, len(content)) + content + b"\0" * (-len(content) % 8)

    matrix = element(6, struct.pack(">2I", 9, 0)) + element(5, struct.pack(">2i", 2, 5)) + element(1, b"X")
    matrix += element(2, bytes(range(10)))
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\0MI"
    np.testing.assert_array_equal(
        read(file(header + element(14, matrix))), np.arange(10, dtype=np.uint8).reshape(2, 5, order="F")
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no header of version 5"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512, b"\0") + b"\x89HDF", "version 7.3, which is HDF5"),
        (saved(y=X), "it holds no X, but y"),
        (saved(X=X)[:-50], "says that it has|bytes are missing"),
        (saved(True, X=X)[:-50], "bytes are missing"),
        (saved(X=X).replace(struct.pack("<i", 50), struct.pack("<i", 2**31 - 1)), "says that it has"),
        (saved(X=X).replace(struct.pack("<i", 50), struct.pack("<i", -50)), "has the shape"),
    ],
)
def test_damaged_files_are_refused_in_a_sentence(file, content, why):
    with pytest.raises(OodflowError, match=rf"some\.mat: truncated or corrupt, .*{why}"):
        read(file(content))


@pytest.mark.parametrize("kind", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"])
@pytest.mark.parametrize("compressed", [False, True])
def test_numbers_of_every_kind_are_read(file, kind, compressed):
    array = (X % 100).astype(kind)
    with mat_array(file(saved(compressed, X=array)), "X") as opened:
        assert (opened.kind, opened.shape) == (array.dtype.name, array.shape)
        found = np.concatenate(list(opened.chunks(1000)), axis=-1)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_numbers_may_lie_in_a_narrower_type_than_they_are_of(file):
    def element(kind, content):
        return struct.pack("<2I", kind, len(content)) + content + b"\0" * (-len(content) % 8)

    matrix = element(6, struct.pack("<2I", 6, 0)) + element(5, struct.pack("<2i", 2, 5)) + element(1, b"X")
    matrix += element(2, bytes(range(10)))  # doubles, in bytes
    found = read(file(b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\x01IM" + element(14, matrix)))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, np.arange(10.0).reshape(2, 5, order="F"))


def test_what_are_no_real_numbers_is_named(file):
    path = file(saved(X=np.zeros((2, 3), complex), text="abc", cell=np.array([1, "a"], object), y=np.ones((3, 2))))
    with mat_array(path, "X") as array:
        assert (array.kind, array.shape) == ("complex", (2, 3))
        with pytest.raises(ValueError, match="complex and no real numbers"):
            next(array.chunks(10))
    assert mat_shapes(path) == {"y": (3, 2)}


@pytest.mark.parametrize("compressed", [False, True])
def test_damage_of_any_kind_is_one_typed_error(file, compressed, limited):
    whole = saved(compressed, y=np.ones((3, 1)), X=X)
    rng = np.random.default_rng(1)

    def read_all():
        for place in (*range(124, min(len(whole), 700)), *rng.integers(0, len(whole), 300)):
            damaged = bytearray(whole)
            damaged[place] = rng.integers(256)
            try:
                read(file(bytes(damaged)))
            except OodflowError as error:
                assert "some.mat" in str(error)

    limited(read_all)
