import pytest

from oodflow.data import SOURCES, load
from oodflow.data.spec import Spec, parse
from oodflow.errors import UsageError


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("mnist", Spec("mnist", "", None)),
        ("mnist?shape=3x32x48", Spec("mnist", "", (3, 32, 48))),
        ("folder:pics", Spec("folder", "pics", None)),
        ("folder:/a b/c:d?shape=1x8x8", Spec("folder", "/a b/c:d", (1, 8, 8))),
        ("npy:what?.npy", Spec("npy", "what?.npy", None)),
        ("npy:what?.npy?shape=1x8x8", Spec("npy", "what?.npy", (1, 8, 8))),
    ],
)
def test_reads(spec, expected):
    assert parse(spec, SOURCES) == expected


@pytest.mark.parametrize(
    "shape", ["", "32", "32x32", "2x32x32", "0x1x1", "3x0x4", "3x-1x4", "3x4x5x6", "3X4X5", "axbxc"]
)
def test_refuses_what_is_no_shape(shape):
    with pytest.raises(UsageError, match=r"is not CxHxW: write channels \(1 or 3\), height and width"):
        parse(f"mnist?shape={shape}", SOURCES)


def test_refuses_other_options():
    with pytest.raises(UsageError, match=r"the only option is \?shape=CxHxW, but \?size= came"):
        parse("mnist?size=3", SOURCES)


@pytest.mark.parametrize(
    ("spec", "near"), [("minst", "mnist"), ("fashion-mnist", "fashion_mnist"), ("CIFAR10", "cifar10")]
)
def test_suggests_near_names(spec, near):
    with pytest.raises(UsageError, match=rf"unknown data set {spec!r}.*{near}.*folder:PATH.*npy:PATH"):
        load(spec, "test")


@pytest.mark.parametrize("spec", ["", "?shape=1x2x3", "file:x", "mnist:", "folder"])
def test_refuses_what_is_no_name(spec):
    with pytest.raises(UsageError, match=r"unknown data set .*folder:PATH"):
        parse(spec, SOURCES)
