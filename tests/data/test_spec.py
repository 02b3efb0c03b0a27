import numpy as np
import pytest

from oodflow.data import SOURCES, load, shape_of
from oodflow.data.mutated import mutated as mutate
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
        ("mnist?mutated=0.2", Spec("mnist", "", None, None, 0.2)),
        ("npy:what?.npy?mutated=1&shape=1x8x8", Spec("npy", "what?.npy", (1, 8, 8), None, 1.0)),
        ("mnist?every=2&mutated=0.2", Spec("mnist", "", None, 2, 0.2)),
        ("mnist?encoder=models/q%26a", Spec("mnist", "", encoder="models/q&a")),
        ("mnist?encoder=e&length=.5", Spec("mnist", "", encoder="e", length=0.5)),
    ],
)
def test_reads(spec, expected):
    assert parse(spec, SOURCES) == expected


@pytest.mark.parametrize("length", ["", "0", "-1", "unit", "1e3"])
def test_refuses_what_is_no_length(length):
    with pytest.raises(UsageError, match="is none: write a number above 0, such as length=1"):
        parse(f"mnist?encoder=e&length={length}", SOURCES)
    with pytest.raises(UsageError, match="has a length and no encoder that gives vectors: write encoder=MODEL, too"):
        parse("mnist?length=1", SOURCES)


@pytest.mark.parametrize(
    "shape", ["", "32", "32x32", "0x32x32", "0x1x1", "3x0x4", "3x-1x4", "3x4x5x6", "3X4X5", "axbxc"]
)
def test_refuses_what_is_no_shape(shape):
    with pytest.raises(UsageError, match=r"is not CxHxW: write channels, height and width"):
        parse(f"mnist?shape={shape}", SOURCES)


@pytest.mark.parametrize("every", ["", "0", "1", "-2", "2.0", "two", "٢", "99999"])
def test_refuses_what_is_no_step(every):
    with pytest.raises(UsageError, match="is no step: write a whole number from 2, such as every=2"):
        parse(f"mnist?every={every}", SOURCES)


@pytest.mark.parametrize("every", [2, 3, 50])
def test_each_so_manieth_row_and_column_is_kept_and_no_other(every):
    whole, thin = load("noise?shape=3x9x12", "test"), load(f"noise?shape=3x9x12&every={every}", "test")
    kept = [[row * 12 + column for column in range(0, 12, every)] for row in range(0, 9, every)]
    expected = whole.batch(slice(5)).reshape(5, 3, -1)[:, :, np.ravel(kept)].reshape(5, 3, len(kept), -1)
    np.testing.assert_array_equal(thin.batch(slice(5)), expected)
    assert thin.shape == expected.shape[1:] == shape_of(thin.name)
    assert thin.fingerprint != load(f"noise?shape=3x9x12&every={every + 1}", "test").fingerprint
    mutated = load(f"noise?shape=3x9x12&every={every}&mutated=0.5", "test")
    np.testing.assert_array_equal(mutated.batch(slice(5)), mutate(expected, 0.5))


def test_refuses_other_options():
    expected = r"the options are \?shape=CxHxW, .* of images and \?columns=A,B, .* of tables, joined by &, but \?size="
    for spec in ("mnist?size=3", "mnist?shape=1x8x8&size=3"):
        with pytest.raises(UsageError, match=expected):
            parse(spec, SOURCES)


def test_refuses_an_option_that_comes_twice():
    with pytest.raises(UsageError, match="has mutated twice"):
        parse("mnist?mutated=0.1&mutated=0.2", SOURCES)


@pytest.mark.parametrize(
    ("spec", "near"), [("minst", "mnist"), ("fashion-minst", "fashion_mnist"), ("CIFAR11", "cifar10")]
)
def test_suggests_near_names(spec, near):
    with pytest.raises(UsageError, match=rf"unknown data set {spec!r}.*{near}.*folder:PATH.*npy:PATH"):
        load(spec, "test")


@pytest.mark.parametrize("spec", ["", "?shape=1x2x3", "file:x", "mnist:", "folder"])
def test_refuses_what_is_no_name(spec):
    with pytest.raises(UsageError, match=r"unknown data set .*folder:PATH"):
        parse(spec, SOURCES)


@pytest.mark.parametrize("shape", ["3x99999999x99999999", "1x16385x16384", "1" * 5000 + "x1x1"])
def test_a_shape_that_no_memory_could_hold_is_refused(shape):
    """Before anything of that size is made, in one line."""
    with pytest.raises(UsageError, match=r"shape \w{1,24} is of more than 268,435,456 numbers an image"):
        parse(f"digits?shape={shape}", SOURCES)
    assert parse("digits?shape=1x16384x16384", SOURCES).shape == (1, 16384, 16384)
