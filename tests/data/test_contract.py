"""Every registered source keeps the contract, and the contract catches sources that do not."""

from types import MappingProxyType

import numpy as np
import pytest

from oodflow.data import SOURCES, BuiltIn, TableSource, data_root, status
from oodflow.data.sources.folder import Folder
from oodflow.data.sources.npy import Npy
from oodflow.errors import OodflowError
from oodflow.testing.sources import check_source

from .layouts import random_images, write_picture


@pytest.mark.parametrize("name", SOURCES)
def test_source_keeps_the_contract(name):
    if status(name, data_root()).state == "missing":
        pytest.skip(f"{name} is not in the data root: set OODFLOW_DATA to where it lies")
    check_source(SOURCES[name])


@pytest.mark.parametrize("name", SOURCES)
def test_registry_and_source_agree_on_the_name(name):
    assert SOURCES[name].name == name


def test_a_folder_keeps_the_contract(tmp_path):
    for i, image in enumerate(random_images(50, 8, 9, 3)):
        write_picture(tmp_path / f"{i:02d}.png", image)
    check_source(Folder(tmp_path))


def test_an_array_keeps_the_contract(tmp_path):
    np.save(tmp_path / "x.npy", random_images(30, 3, 8, 9))
    check_source(Npy(tmp_path / "x.npy"))


def test_a_source_that_is_not_there_is_missing(root):
    with pytest.raises(OodflowError, match=r"mnist \(train, test\) is not in .*oodflow data get mnist"):
        check_source(SOURCES["mnist"], root)


class Good(BuiltIn):
    name = "good"
    description = "for a test"
    licence = "none"
    shape = (3, 4, 4)
    parts = MappingProxyType({"test": 5})

    def images(self, part, shape):
        return random_images(5, *shape)


class Restless(Good):
    def images(self, part, shape):
        return np.random.default_rng().integers(0, 256, (5, *shape), dtype=np.uint8)


class Real(Good):
    def images(self, part, shape):
        return super().images(part, shape).astype(np.float32)


class Stubborn(Good):
    def images(self, part, shape):
        return random_images(5, 3, 4, 4)


class TooMany(Good):
    def images(self, part, shape):
        return random_images(6, *shape)


class Miscounted(Good):
    def count(self, part, root):
        return 4


class Anonymous(Good):
    description = ""


class Strange(Good):
    parts = MappingProxyType({"validation": 5})


class Grown(Good):
    built_in, shape, files = False, None, lambda self, part, root: [root]


class Alike(Good):
    parts = MappingProxyType({"train": 5, "calibration": 5, "test": 5})


def test_a_good_source_passes():
    check_source(Good())


@pytest.mark.parametrize(
    ("source", "clause"),
    [
        (Restless, "opened twice is the same"),
        (Real, "holds uint8"),
        (Stubborn, "when asked for it"),
        (TooMany, "officially 5"),
        (Miscounted, "counts 4 images and decodes 5"),
        (Anonymous, "has a description"),
        (Strange, "parts are called"),
        (Alike, "are different images"),
        (Grown, "is a user's own: set own"),
    ],
)
def test_the_contract_catches(source, clause):
    with pytest.raises(AssertionError, match=clause):
        check_source(source())


class GoodTable(TableSource):
    name = "good"
    description = "for a test"
    licence = "none"
    shape = (3,)
    parts = MappingProxyType({"all": 40})
    built_in = True

    def files(self, part, root):
        return []

    def columns(self, part, root):
        return ("a", "b", "c")

    def chunks(self, part, root):
        rows = np.random.default_rng(0).standard_normal((40, 3))
        yield from (rows[:25], rows[25:])


def made(chunks):
    return type("Table", (GoodTable,), {"chunks": chunks})()


def test_a_good_table_passes():
    check_source(GoodTable())


@pytest.mark.parametrize(
    ("source", "clause"),
    [
        (made(lambda self, part, root: iter([np.random.default_rng().random((40, 3))])), "opened twice is the same"),
        (made(lambda self, part, root: iter([np.zeros((40, 3), np.int64)])), "yields float32 or float64"),
        (made(lambda self, part, root: iter([np.zeros((20, 3)), np.zeros((20, 3), np.float32)])), "yields float32 or"),
        (made(lambda self, part, root: iter([np.full((40, 3), np.nan)])), "finite"),
        (made(lambda self, part, root: iter([np.zeros((40, 2))])), "names 3 of 2 columns"),
        (made(lambda self, part, root: iter([np.zeros((40, 3))])), "different rows|opened twice"),
        (type("Table", (GoodTable,), {"count": lambda self, part, root: 39})(), "counts 39 rows and reads 40"),
        (type("Table", (GoodTable,), {"parts": {"all": 30}})(), "officially 30"),
        (type("Table", (GoodTable,), {"shape": (2,)})(), r"rows of \(3,\), not \(2,\)"),
    ],
)
def test_the_contract_catches_tables(source, clause):
    with pytest.raises(AssertionError, match=clause):
        check_source(source)
