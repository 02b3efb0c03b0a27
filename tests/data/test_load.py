import subprocess
import sys

import numpy as np
import pytest

from oodflow.data import SOURCES, data_root, load, status, verify
from oodflow.data.spec import own_data
from oodflow.errors import OodflowError, UsageError

from .layouts import random_images, write_idx


def test_calibration_and_train_share_no_image(root, open_set):
    images = random_images(50, 28, 28)
    write_idx(root / "mnist/train-images-idx3-ubyte", images)
    train, calibration, both = (open_set("mnist", split) for split in ("train", "calibration", "train+calibration"))
    assert (len(train), len(calibration), len(both)) == (45, 5, 50)
    np.testing.assert_array_equal(both.batch(slice(None))[:, 0], images)
    assert not np.intersect1d(train.rows, calibration.rows).size


def test_the_environment_names_the_root(root, cache, monkeypatch, tmp_path):
    write_idx(root / "mnist/t10k-images-idx3-ubyte", random_images(5, 28, 28))
    monkeypatch.setenv("OODFLOW_DATA", str(root))
    monkeypatch.setenv("OODFLOW_CACHE", str(cache))
    assert len(load("mnist", "test")) == 5
    assert data_root(None) == root
    assert data_root(tmp_path) == tmp_path
    monkeypatch.delenv("OODFLOW_DATA")
    assert data_root().parts[-2:] == ("oodflow", "data")


def test_a_relative_path_is_that_of_the_working_directory(tmp_path, open_set, monkeypatch):
    for name, value in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "x.npy", np.full((3, 1, 2, 2), value, np.uint8))
        monkeypatch.chdir(tmp_path / name)
        opened = open_set("npy:x.npy", "all")
        assert opened.name == "npy:x.npy"
        assert opened.batch(0).max() == value


@pytest.mark.parametrize("kind", own_data())
def test_own_data_that_is_not_there(kind, tmp_path):
    with pytest.raises(OodflowError, match=f"{kind}:.*nowhere: there is no such (file|folder)"):
        load(f"{kind}:{tmp_path}/nowhere", "all")


@pytest.mark.parametrize("ask", [status, verify])
def test_unknown_names(root, ask):
    with pytest.raises(UsageError, match="unknown data set 'minst': did you mean"):
        ask("minst", root)


@pytest.mark.parametrize("name", [name for name in SOURCES if SOURCES[name].built_in])
def test_built_in_sets_have_no_problems(root, name):
    assert status(name, root).state == "built-in"
    assert verify(name, root) == []


def test_importing_is_light():
    """Only numpy: the command line must answer at once."""
    heavy = "torch", "scipy", "sklearn", "PIL", "requests", "pooch", "rich"
    code = f"import sys, oodflow.data; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(("spec", "split"), [(3, "test"), (None, "test"), ("digits", 3), (["digits"], "test")])
def test_what_is_no_name(spec, split):
    with pytest.raises(UsageError, match=r"(spec|split) is a \w+: expected a string, as in load"):
        load(spec, split)
