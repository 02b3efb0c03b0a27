import hashlib
import pickle
from dataclasses import replace

import numpy as np
import pytest

from oodflow.data import SOURCES, status, verify
from oodflow.errors import OodflowError

from .layouts import random_images, write_cifar10


def test_reads_the_batches_that_are_there_in_order(root, open_set):
    second, fourth = random_images(12, 3, 32, 32, seed=2), random_images(8, 3, 32, 32, seed=4)
    write_cifar10(root, "data_batch_4", fourth)
    write_cifar10(root, "data_batch_2", second)
    opened = open_set("cifar10", "train+calibration")
    np.testing.assert_array_equal(opened.batch(slice(None)), np.concatenate([second, fourth]))
    assert opened.note == "partial: 20 of 50,000 images"
    assert status("cifar10", root).counts == {"train": 20, "test": 0}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("key", ["data", b"data"])
def test_reads_pickles_of_every_python(root, open_set, protocol, key):
    images = random_images(12, 3, 32, 32)
    path = write_cifar10(root, "test_batch", images)
    path.write_bytes(pickle.dumps({key: images.reshape(12, -1), "labels": list(range(12))}, protocol=protocol))
    np.testing.assert_array_equal(open_set("cifar10").batch(slice(None)), images)


class Malicious:
    """Would write a file if it were unpickled without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return exec, (f"open({str(self.path)!r}, 'w')",)


def test_never_executes_what_a_pickle_says(root, open_set, tmp_path):
    path = write_cifar10(root, "test_batch", random_images(12, 3, 32, 32))
    path.write_bytes(pickle.dumps({b"data": Malicious(tmp_path / "harm")}))
    with pytest.raises(OodflowError, match=r"test_batch: refers to builtins\.exec, .* refused"):
        open_set("cifar10")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "module", [b"os\nsystem", b"numpy\nload", b"numpy.core.multiarray\nfromfile", b"_codecs\ndecode"]
)
def test_refuses_every_other_name(root, open_set, module):
    path = write_cifar10(root, "test_batch", random_images(12, 3, 32, 32))
    path.write_bytes(b"c" + module + b"\n.")
    with pytest.raises(OodflowError, match="refused"):
        open_set("cifar10")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "truncated or corrupt"),
        (b"\x80\x02garbage", "truncated or corrupt"),
        (pickle.dumps([1, 2]), "not a CIFAR-10 batch"),
        (pickle.dumps({"labels": [1]}), "not a CIFAR-10 batch"),
        (pickle.dumps({"data": np.zeros((2, 3072))}, protocol=2), "not a CIFAR-10 batch"),
        (pickle.dumps({"data": np.zeros((2, 100), np.uint8)}, protocol=2), "not a CIFAR-10 batch"),
        (pickle.dumps({"data": np.zeros((2, 3072), np.uint8)}, protocol=2)[:-700], "truncated or corrupt"),
    ],
    ids=["empty", "garbage", "list", "no data", "floats", "wrong width", "truncated"],
)
def test_refuses_damaged_files(root, open_set, content, sentence):
    path = write_cifar10(root, "test_batch", random_images(12, 3, 32, 32))
    path.write_bytes(content)
    with pytest.raises(OodflowError, match=rf"test_batch: {sentence}"):
        open_set("cifar10")


def test_doubts_a_complete_batch_that_is_not_official(root):
    path = write_cifar10(root, "test_batch", random_images(12, 3, 32, 32))
    assert SOURCES["cifar10"].doubts("test", root) == []  # partial, so nothing is known of its checksum
    few = replace(SOURCES["cifar10"], parts={"train": 60, "test": 12})
    came = hashlib.md5(path.read_bytes()).hexdigest()
    told = f"{path}: its md5 is {came}, the official file has 40351d587109b95175f43aff81a1287e."
    assert few.doubts("test", root) == [told]


@pytest.mark.parametrize("place", ["cifar10/cifar-10-batches-bin", "cifar-10-batches-bin", "cifar10"])
def test_reads_the_binary_version(root, open_set, place):
    images = random_images(12, 3, 32, 32)
    write_binary(root / place / "data_batch_3.bin", images, labels=1)
    write_binary(root / place / "test_batch.bin", images[:5], labels=1)
    np.testing.assert_array_equal(open_set("cifar10", "train+calibration").batch(slice(None)), images)
    np.testing.assert_array_equal(open_set("cifar10").batch(slice(None)), images[:5])
    assert verify("cifar10", root) == []


def test_reads_the_binary_version_with_two_labels(root, open_set):
    images = random_images(12, 3, 32, 32)
    write_binary(root / "cifar-100-binary/test.bin", images, labels=2)
    np.testing.assert_array_equal(open_set("cifar100").batch(slice(None)), images)


@pytest.mark.parametrize("size", [0, 3072, 2 * 3073 + 5])
def test_refuses_damaged_binary_batches(root, open_set, size):
    path = root / "cifar10/test_batch.bin"
    path.parent.mkdir()
    path.write_bytes(bytes(size))
    with pytest.raises(OodflowError, match=f"test_batch.bin: not a whole CIFAR-10 batch: it has {size:,} bytes"):
        open_set("cifar10")


def write_binary(path, images, *, labels):
    """Records of so many labels and the pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = np.concatenate([np.full((len(images), labels), 7, np.uint8), images.reshape(len(images), -1)], axis=1)
    path.write_bytes(records.tobytes())
