"""The figures of an explanation: numbers and pictures of made-up arrays."""

import numpy as np
import pytest

from oodflow.analysis import GapPart
from oodflow.figures import (
    CouplingRow,
    Curve,
    Scale,
    contribution_figure,
    coupling_figure,
    gap_figure,
    latent_figure,
    prediction_figure,
)
from oodflow.figures.sheet import coloured
from oodflow.metrics import Estimate

RNG = np.random.default_rng(0)


def drawn(figure):
    figure.canvas.draw()
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def texts(figure):
    return [text.get_text() for text in figure.texts]


def images(channels, number=2):
    return RNG.integers(0, 256, (number, channels, 8, 8), dtype=np.uint8)


def test_latents_of_grey_images_are_maps_with_their_numbers():
    pictures = {"in": images(1), "out": images(1, 3)}
    z = {name: RNG.normal(size=shown.shape) for name, shown in pictures.items()}
    notes = {"z": {"in": np.array([0.5, -0.25]), "out": np.array([0.1, 0.2, 0.3])}}
    figure = latent_figure(pictures, {"z": z}, title="T", notes=notes)
    assert len(drawn(figure)) == 5 + 5 + 1
    assert {"edges r 0.50", "edges r −0.25", "edges r 0.30"} <= set(texts(figure))


def test_latents_of_colour_images_are_shown_in_colour_and_in_blue():
    pictures = {"in": images(3)}
    z = RNG.normal(size=(2, 3, 8, 8))
    z[0, :, 2, 5] = 9.0, -9.0, 0.0
    figure = latent_figure(pictures, {"z": {"in": z}}, title="T")
    panels = drawn(figure)
    assert len(panels) == 2 + 2 + 2 + 1
    assert panels[2][2, 5].tolist() == [255, 0, 128]
    assert "z,\nblue" in texts(figure)
    np.testing.assert_array_equal(panels[4], coloured(z[0, 2], Scale.around_zero("z", [z])))


def row(layers):
    x, s = RNG.normal(size=(2, layers, 1, 8, 8))
    s[:, :, ::2] = np.nan
    return CouplingRow(x, -s, s, np.linspace(-0.5, 0.9, layers), x[0])


@pytest.mark.parametrize("layers", [1, 5, 6, 13])
def test_each_coupling_has_its_three_pictures_for_each_set(layers):
    figure = coupling_figure(
        {"in": row(layers), "out": row(layers)}, headings=[f"{i}: 8x8" for i in range(layers)], title="T"
    )
    assert len(drawn(figure)) == 2 * 3 * layers + 2
    assert texts(figure).count(f"{layers - 1}: 8x8") == 2
    assert texts(figure).count("R² −0.50") == 2


def test_predictions_are_drawn_as_they_are_and_what_is_off_the_axis_is_marked():
    nan = np.nan
    good = Curve("as it is", np.array([0.2, 0.9]), np.array([0.1, 0.8]), np.array([0.3, 1.0]))
    bad = Curve("erased", np.array([nan, -5.0]), np.array([nan, -6.0]), np.array([nan, -4.0]))
    figure = prediction_figure({"in": [good, bad], "out": [good, bad]}, title="T")
    figure.canvas.draw()
    first, second = figure.axes
    assert first.get_ylim() == second.get_ylim()
    as_it_is, _, erased, marks = first.lines[:4]
    np.testing.assert_array_equal(as_it_is.get_ydata(), [0.2, 0.9])
    np.testing.assert_array_equal(erased.get_ydata(), [nan, -1.0])
    assert marks.get_marker() == "v"
    assert list(marks.get_xdata()) == [2]
    assert [text.get_text() for text in first.get_legend().texts] == ["as it is", "erased"]
    assert second.get_legend() is None


def test_contributions_are_summed_over_channels_and_averaged_in_blocks():
    pictures = {"in": images(3, 1)}
    values = RNG.normal(size=(1, 3, 8, 8))
    figure = contribution_figure(pictures, {"log-det": {"in": values}}, title="T")
    panel = drawn(figure)[1]
    np.testing.assert_array_equal(panel[::2, ::2], panel[1::2, 1::2])
    assert f"{values.sum():,.0f} nats".replace("-", "−") in texts(figure)


def test_the_gap_is_drawn_part_by_part():
    parts = [
        GapPart("log p(z)", -1.0, -1.2, Estimate(-0.2, -0.3, -0.1)), GapPart("all", -3.0, -2.0, Estimate(1.0, 0.9, 1.1))
    ]  # fmt: skip
    figure = gap_figure(parts, names=("clothes", "digits"), title="T")
    figure.canvas.draw()
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([-0.2, 1.0])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["log p(z)", "all"]
    assert {"clothes", "digits", "−1.200", "+1.000", "−0.200"} <= set(texts(figure))
