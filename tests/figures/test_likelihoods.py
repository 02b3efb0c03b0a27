import math
from itertools import pairwise

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.figures import Row, likelihood_figure


def row(name, mean, *, n=500, auroc=None, shape=(1, 28, 28), note="", values=None):
    rng = np.random.default_rng(len(name))
    images = rng.integers(0, 256, (8, *shape), dtype=np.uint8)
    return Row(name, images, rng.normal(mean, 0.4, n) if values is None else np.asarray(values), auroc, note)


def words(figure):
    return [text.get_text() for text in [*figure.texts, *figure.axes[0].texts] if text.get_text()]


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


def test_says_what_a_reader_needs():
    rows = [row("FashionMNIST", 3.9), row("MNIST", 2.1, n=2000, auroc=0.055, note="test split")]
    said = words(likelihood_figure(rows, dims=784, title="The paradox"))
    for expected in ("The paradox", "FashionMNIST", "MNIST", "test split", "5.5 %", "in-distribution", "n = 2,000"):
        assert expected in said
    assert not any("beyond the axis" in text for text in said)


def test_the_band_holds_the_middle_90_percent_of_the_first_row():
    rows = [row("in", 3.9), row("out", 2.1)]
    axes = likelihood_figure(rows, dims=784, title="")
    band = next(patch for patch in axes.axes[0].patches if patch.get_alpha() == 0.10)
    ends = band.get_x(), band.get_x() + band.get_width()
    np.testing.assert_allclose(ends, np.percentile(rows[0].bits_per_dim, [5, 95]))


def test_the_upper_axis_is_in_nats():
    figure = likelihood_figure([row("in", 3.9)], dims=784, title="")
    figure.canvas.draw()
    axes = figure.axes[0]
    (nats,) = axes.child_axes
    for bits in axes.get_xlim():
        below, above = axes.transData.transform((bits, 0)), nats.transData.transform((-bits * 784 * math.log(2), 0))
        assert above[0] == pytest.approx(below[0])


def test_what_the_axis_cannot_show_is_said_in_its_row():
    values = np.concatenate([np.linspace(3, 5, 1997), [40.0, 50.0, 9000.0]])
    said = words(likelihood_figure([row("in", 3.9), row("out", 4, values=values)], dims=784, title=""))
    assert "3 of 2,000 beyond the axis →" in said


def test_names_are_not_formulas_and_fit_beside_the_histograms():
    name = "npy:/data/$x$/" + "long/" * 30 + "images.npy?shape=1x28x28"
    figure = likelihood_figure([row("in", 3.9), row(name, 2.1)], dims=784, title="wide " * 60)
    figure.canvas.draw()
    for text in figure.texts:
        extent = text.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= (570 if text.get_text() == name else 1350)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 8, 8), (3, 64, 64), (3, 200, 300), (1, 4, 2000)], ids=str)
def test_draws_images_of_any_size_left_of_the_histograms(shape):
    drawn = pixels(likelihood_figure([row("in", 3.9, shape=shape)], dims=784, title=""))
    beside = drawn[140 : 140 + 146, 566:590]  # between the images of the row and its histogram
    assert (beside == 255).all()
    assert (drawn[168:200, 24:100] != 255).any()


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0, 3.0], [3.0, 9.0]], ids=str)
def test_draws_tiny_data_sets(values):
    likelihood_figure([row("in", 0, values=values)], dims=4, title="").canvas.draw()


def test_the_same_rows_draw_the_same_pixels():
    rows = [row("in", 3.9), row("out", 2.1, auroc=0.05)]
    first, second = (pixels(likelihood_figure(rows, dims=784, title="same")) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_rows_are_checked():
    with pytest.raises(UsageError, match="rows is empty"):
        likelihood_figure([], dims=784, title="")
    with pytest.raises(UsageError, match=r"bits_per_dim of row 'bad' .* 1 infinite or NaN"):
        likelihood_figure([row("bad", 0, values=[1.0, np.nan])], dims=784, title="")
    with pytest.raises(UsageError, match="images of row 'bad' is float64"):
        likelihood_figure([Row("bad", np.zeros((1, 1, 4, 4)), np.zeros(3))], dims=784, title="")


def test_rows_of_a_table_have_no_images():
    rng = np.random.default_rng(0)
    rows = [Row("in", None, rng.normal(0.5, 0.1, 50)), Row("out", None, rng.normal(2, 0.5, 50), 0.9)]
    figure = likelihood_figure(rows, dims=4, title="A table")
    (axes,) = figure.axes
    (nats,) = axes.child_axes
    assert nats.get_xlabel() == "log p(x), nats per row"


@pytest.mark.parametrize("spread", [0.5, 30.0, 400.0, 900.0, 3_000.0, 30_000.0])
def test_numbers_of_nats_do_not_run_into_one_another(spread):
    rng = np.random.default_rng(0)
    rows = [
        Row("inside", None, rng.normal(4, 0.5, 200)),
        Row("pushed down", None, 4 + spread * rng.exponential(size=200)),
    ]
    figure = likelihood_figure(rows, dims=784, title="")
    figure.draw_without_rendering()
    (nats,) = figure.axes[0].child_axes
    low, high = sorted(nats.get_xlim())
    boxes = [label.get_window_extent() for label, at in zip(nats.get_xticklabels(), nats.get_xticks(), strict=True)
             if low <= at <= high]  # fmt: skip
    assert len(boxes) >= 3
    assert all(one.x1 + 3 < two.x0 for one, two in pairwise(sorted(boxes, key=lambda box: box.x0)))
