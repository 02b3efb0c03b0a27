import gzip
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from oodflow.data import SOURCES, status, verify
from oodflow.errors import OodflowError

from .layouts import idx_bytes, random_images, write_idx

TRAIN, TEST = "train-images-idx3-ubyte", "t10k-images-idx3-ubyte"


@pytest.mark.parametrize("place", ["mnist/{}.gz", "mnist/{}", "MNIST/raw/{}", "MNIST/raw/{}.gz"])
def test_reads_every_place_and_wrapper(root, open_set, place):
    images = random_images(20, 28, 28)
    write_idx(root / place.format(TEST), images)
    opened = open_set("mnist")
    np.testing.assert_array_equal(opened.batch(slice(None))[:, 0], images)
    assert opened.note == "partial: 20 of 10,000 images"


def test_resizes_and_colours(root, open_set):
    write_idx(root / "mnist" / TEST, np.full((3, 28, 28), 7, np.uint8))
    opened = open_set("mnist?shape=3x32x32")
    assert opened.shape == (3, 32, 32)
    assert (opened.batch([0, 1, 2]) == 7).all()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "truncated"),
        (b"\0\0", "truncated: an IDX header has 16 bytes, but 2 are there"),
        (
            idx_bytes(random_images(5, 28, 28), magic=2049),
            "not an IDX file of images: it starts with 2049 .*, as labels do",
        ),
        (idx_bytes(random_images(5, 28, 28), count=0), "it is empty"),
        (idx_bytes(random_images(5, 28, 28), count=6), "truncated: the header promises 6 images, but 5 are there"),
        (idx_bytes(random_images(5, 28, 28))[:-1], "truncated: the header promises 5 images, but 4 are there"),
        (idx_bytes(random_images(5, 28, 28), count=4), "corrupt: there are bytes after the 4 images"),
        (
            idx_bytes(random_images(5, 28, 28), count=2**32 - 1),
            "the header promises 4,294,967,295 images of 28 x 28, but mnist",
        ),
        (idx_bytes(random_images(5, 30, 28)), "the header promises 5 images of 30 x 28, but mnist"),
    ],
    ids=[
        "empty",
        "two bytes",
        "labels",
        "no images",
        "count too high",
        "cut",
        "count too low",
        "more than all",
        "size",
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_refuses_damaged_content(root, open_set, content, sentence, zipped):
    path = root / "mnist" / (TEST + (".gz" if zipped else ""))
    path.parent.mkdir()
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(OodflowError, match=sentence) as error:
        open_set("mnist")
    assert str(path) in str(error.value)
    assert sentence.split(":")[0] in verify("mnist", root)[-1]


def test_refuses_a_truncated_gzip_file(root, open_set):
    path = root / "mnist" / f"{TEST}.gz"
    write_idx(path, random_images(50, 28, 28))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(
        OodflowError, match=r"t10k-images-idx3-ubyte\.gz: truncated: the compressed file ends too early"
    ):
        open_set("mnist")


@pytest.mark.parametrize("damaged", [slice(0, 9), slice(5000, 5100)], ids=["header", "content"])
def test_refuses_what_cannot_be_uncompressed(root, open_set, damaged):
    path = root / "mnist" / f"{TEST}.gz"
    write_idx(path, random_images(50, 28, 28))
    content = bytearray(path.read_bytes())
    content[damaged] = b"\xff" * (damaged.stop - damaged.start)
    path.write_bytes(content)
    with pytest.raises(OodflowError, match="cannot be uncompressed"):
        open_set("mnist")


def test_refuses_a_flipped_bit_in_a_complete_file(root, pixels):
    images = random_images(20, 28, 28)
    official = hashlib.md5(idx_bytes(images)).hexdigest()
    source = replace(SOURCES["mnist"], parts={"test": 20}, md5={"test": official})
    write_idx(root / "mnist" / TEST, images)
    assert len(pixels(source, "test")[0]) == 20
    images[3, 4, 5] ^= 1
    write_idx(root / "mnist" / TEST, images)
    with pytest.raises(OodflowError, match=rf"the content has md5 \w+, but mnist \(test\) has {official}"):
        pixels(source, "test")


def test_a_missing_set_names_the_command(root, open_set):
    with pytest.raises(
        OodflowError, match=r"mnist \(test\) is not in .*: run `oodflow data get mnist`, or pass --data"
    ):
        open_set("mnist")
    assert status("mnist", root).state == "missing"
    assert len(verify("mnist", root)) == 2


def test_notmnist_has_no_train_part(open_set):
    with pytest.raises(OodflowError, match="notmnist has no train split: it comes in test only"):
        open_set("notmnist", "train")


def test_status_counts_parts(root):
    write_idx(root / "mnist" / TRAIN, random_images(20, 28, 28))
    told = status("mnist", root)
    assert (told.state, told.counts) == ("partial", {"train": 20, "test": 0})
    assert told.detail == "train: partial: 20 of 60,000 images; test: missing"


def test_a_set_that_may_not_be_read_hides_no_other(root, monkeypatch):
    write_idx(root / "mnist" / TEST, random_images(20, 28, 28))

    def refuse(*arguments):
        raise PermissionError(13, "Permission denied", "t10k")

    monkeypatch.setattr("oodflow.data.sources.idx.Idx.count", refuse)
    assert "Permission denied" in status("mnist", root).detail
