import io
import struct

import numpy as np
import pytest
from scipy.io import savemat

from oodflow.data.formats.matlab import mat_array
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


def test_numbers_of_another_kind_are_named(file):
    with mat_array(file(saved(X=np.zeros((2, 3)))), "X") as array:
        assert (array.kind, array.shape) == ("float64", (2, 3))
        with pytest.raises(ValueError, match="float64"):
            next(array.chunks(10))


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
