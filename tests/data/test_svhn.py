import hashlib

import numpy as np
import pytest
from scipy.io import savemat

from oodflow.data import status, verify
from oodflow.data.sources.svhn import MD5, Svhn
from oodflow.errors import OodflowError

from .layouts import random_images, write_svhn


def test_reads_images_in_order(root, open_set):
    images = random_images(15, 3, 32, 32)
    write_svhn(root, "test", images)
    opened = open_set("svhn")
    np.testing.assert_array_equal(opened.batch(slice(None)), images)
    assert opened.note == "partial: 15 of 26,032 images"
    assert status("svhn", root).counts == {"train": 0, "test": 15}


def test_a_complete_file_that_is_not_official_is_used_and_noted(root, open_set, monkeypatch):
    images = random_images(15, 3, 32, 32)
    path = write_svhn(root, "test", images)
    came = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(Svhn, "parts", {"test": 15})
    asked = []
    doubts = Svhn.doubts
    monkeypatch.setattr(Svhn, "doubts", lambda *args: asked.append(args) or doubts(*args))
    first, second = open_set("svhn"), open_set("svhn")
    np.testing.assert_array_equal(first.batch(slice(None)), images)
    assert first.note == second.note == f"svhn/test_32x32.mat: its md5 is {came}, the official file has {MD5['test']}"
    assert len(asked) == 1  # when it was decoded; then the cache knows


def test_the_official_file_is_not_doubted(root, open_set, monkeypatch):
    path = write_svhn(root, "test", random_images(15, 3, 32, 32))
    monkeypatch.setattr(Svhn, "parts", {"test": 15})
    monkeypatch.setitem(MD5, "test", hashlib.md5(path.read_bytes()).hexdigest())
    assert open_set("svhn").note == ""


@pytest.mark.parametrize("keep", [0, 100, 300, -5000])
def test_refuses_a_truncated_file(root, open_set, keep):
    path = write_svhn(root, "test", random_images(15, 3, 32, 32))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(OodflowError, match=r"test_32x32\.mat: truncated or corrupt"):
        open_set("svhn")
    assert "truncated or corrupt" in verify("svhn", root)[-1]


@pytest.mark.parametrize("x", [np.zeros((32, 32, 3, 2)), np.zeros((16, 16, 3, 2), np.uint8), np.zeros(3, np.uint8)])
def test_refuses_other_arrays(root, open_set, x):
    path = write_svhn(root, "test", random_images(15, 3, 32, 32))
    savemat(path, {"X": x})
    with pytest.raises(OodflowError, match=r"X should be uint8 \[32,32,3,N\]"):
        open_set("svhn")


def test_refuses_a_file_without_images(root, open_set):
    path = write_svhn(root, "test", random_images(15, 3, 32, 32))
    savemat(path, {"y": np.zeros(3)})
    with pytest.raises(OodflowError, match=r"test_32x32\.mat: truncated or corrupt.*X"):
        open_set("svhn")
    assert "truncated or corrupt" in status("svhn", root).detail
