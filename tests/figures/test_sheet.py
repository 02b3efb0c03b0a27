"""Sheets of small pictures: what stands where, in which colour."""

import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.figures import Block, Scale, Strip, sheet_figure
from oodflow.figures.sheet import coloured, flat

RNG = np.random.default_rng(0)
PICTURES = [RNG.integers(0, 256, (1, 8, 6), dtype=np.uint8) for _ in range(3)]
MAPS = [RNG.normal(size=(8, 6)) for _ in range(3)]
SCALE = Scale("z", -2.0, 2.0)


def drawn(figure):
    figure.canvas.draw()
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_panels_stand_in_their_order_and_colours():
    strips = [Strip("image", PICTURES), Strip("latents", MAPS, SCALE, notes=["a", "b", "c"])]
    figure = sheet_figure([Block(strips, [("in", 2), ("out", 1)], ["1", "2", "3"])], title="T", caption=["Below."])
    panels = drawn(figure)
    for shown, picture in zip(panels[:3], PICTURES, strict=True):
        np.testing.assert_array_equal(shown, picture[0][..., None].repeat(3, 2))
    for shown, values in zip(panels[3:6], MAPS, strict=True):
        np.testing.assert_array_equal(shown, coloured(values, SCALE))
    assert len(panels) == 7  # and one colour bar
    for said in ("T", "image", "latents", "in", "out", "1", "2", "3", "a", "b", "c", "Below.", "z"):
        assert said in texts(figure), said


def test_a_scale_that_maps_share_has_one_bar():
    strips = [
        Strip("one", MAPS, SCALE),
        Strip("two", MAPS, Scale("z", -2.0, 2.0)),
        Strip("three", MAPS, Scale("s", 0, 1)),
    ]
    figure = sheet_figure([Block(strips, [("", 3)])], title="T")
    assert len(drawn(figure)) == 9 + 2


def test_nothing_reaches_over_the_edge_of_the_figure():
    long = "a very long name of a data set that nobody should have chosen " * 3
    blocks = [Block([Strip(long, PICTURES, notes=[long] * 3)], [(long, 1), (long, 2)], [long] * 3)] * 2
    figure = sheet_figure(blocks, title=long, caption=[long, long])
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0, text.get_text()
        assert box.x1 <= width, text.get_text()
        assert box.y0 >= 0, text.get_text()
        assert box.y1 <= height, text.get_text()


def test_colours_are_in_the_order_of_the_values_in_grey_too():
    ramp = coloured(np.linspace(-2, 2, 64)[None], SCALE)[0] @ [0.299, 0.587, 0.114]
    assert (np.diff(ramp) > 0).all()
    np.testing.assert_array_equal(coloured(np.array([[-9.0, 9.0]]), SCALE), coloured(np.array([[-2.0, 2.0]]), SCALE))


def test_a_scale_around_zero_holds_what_it_says():
    values = RNG.normal(size=1000)
    scale = Scale.around_zero("z", [values, np.array([np.nan])])
    assert scale.low == -scale.high
    assert (np.abs(values) <= scale.high).mean() == pytest.approx(0.99, abs=0.002)
    assert Scale.around_zero("z", [np.zeros(4)]) == Scale("z", -1.0, 1.0)
    assert Scale.around_zero("z", [np.full(4, np.nan)]) == Scale("z", -1.0, 1.0)


def test_channels_are_averaged_over_those_that_are_numbers():
    values = RNG.normal(size=(4, 3, 5, 5))
    np.testing.assert_allclose(flat(values), values.mean(1))
    values[:, 1] = np.nan
    np.testing.assert_allclose(flat(values), values[:, ::2].mean(1))


@pytest.mark.parametrize(
    ("strip", "message"),
    [
        (Strip("s", PICTURES[:2]), "'s' has 2 panels for 3 columns"),
        (Strip("s", MAPS), "'s' shows maps: give it a scale"),
        (Strip("s", [*PICTURES[:2], PICTURES[0][:, :4]]), "must have one size but have 2"),
        (Strip("s", [*PICTURES[:2], PICTURES[0][0]]), r"uint8 \[8, 6\]: expected a picture"),
        (Strip("s", [*PICTURES[:2], MAPS[0][None]], SCALE), r"float64 \[1, 8, 6\]: expected a picture"),
        (Strip("s", [None] * 3), "must have one size but have 0"),
    ],
)
def test_what_can_not_be_laid_out_is_refused(strip, message):
    with pytest.raises(UsageError, match=message):
        sheet_figure([Block([strip], [("in", 2), ("out", 1)])], title="T")
