"""``oodflow data``."""

import json

from data.layouts import random_images, write_idx
from oodflow.data import SOURCES


def test_list(oodflow, tmp_path):
    write_idx(tmp_path / "data/mnist/t10k-images-idx3-ubyte.gz", random_images(12, 28, 28))
    result = oodflow("data", "list")
    assert result.code == 0
    for name in SOURCES:
        assert name in result.out
    found = {one["name"]: one for one in json.loads(oodflow("data", "list", "--json").out)}
    assert list(found) == list(SOURCES)
    assert found["flat"]["state"] == "built-in"
    assert found["cifar10"]["state"] == "missing"
    assert found["mnist"]["state"] == "partial"
    assert found["mnist"]["counts"] == {"train": 0, "test": 12}


def test_data_dir_comes_before_the_environment(oodflow, tmp_path):
    write_idx(tmp_path / "elsewhere/mnist/t10k-images-idx3-ubyte.gz", random_images(12, 28, 28))
    found = json.loads(oodflow("data", "list", "--json", "--data-dir", tmp_path / "elsewhere").out)
    assert [one["name"] for one in found if one["state"] == "partial"] == ["mnist"]


def test_check(oodflow, tmp_path):
    result = oodflow("data", "check", "flat", "digits")
    assert (result.code, result.out) == (0, "flat: fine, built-in\ndigits: fine, built-in\n")
    write_idx(tmp_path / "data/mnist/t10k-images-idx3-ubyte.gz", random_images(12, 28, 28))
    result = oodflow("data", "check", "mnist", "flat")
    assert result.code == 1
    assert "mnist (train) is not in" in result.err
    assert "flat: fine" in result.out


def test_check_goes_on_after_a_set_that_is_not_there(oodflow, tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n1,2\n3,4\n")
    own = f"csv:{tmp_path / 'own.csv'}"
    result = oodflow("data", "check", "flat", "csv:nope.csv", f"csv:{tmp_path}", own)
    assert result.code == 1
    assert result.out == f"flat: fine, built-in\n{own}: fine, ready (rows: 2; columns: 2, a, b)\n"
    missing, folder = result.err.splitlines()
    assert missing.startswith("csv:nope.csv: ")
    assert missing.endswith("there is no such file.")
    assert folder.startswith(f"csv:{tmp_path}: ")
    assert folder.endswith("this is a folder: name a file in it.")
    assert oodflow("data", "check", "flat", "nope").out == ""  # a name that there is not is bad usage


def test_nothing_to_get(oodflow):
    assert oodflow("data", "get", "flat").out == "flat: nothing to download\n"
