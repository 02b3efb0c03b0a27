import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.figures.mask_sheet import CHANGED, NEITHER, SEEN, mask_figure

IMAGE = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
HALVES = np.where(np.indices((8, 8))[0] < 4, SEEN, CHANGED)


def drawn(figure):
    figure.canvas.draw()
    return [axes.images[0].get_array() for axes in figure.axes]


def test_what_is_seen_is_the_image_and_what_changes_is_tinted():
    *_, first, second = drawn(mask_figure(IMAGE, {"halves": [HALVES, HALVES[::-1]]}))
    grey = IMAGE[..., None].repeat(3, 2)
    assert np.array_equal(first[:4], grey[:4])
    assert np.array_equal(second[4:], grey[4:])
    red, blue = first[4:, :, 0].astype(int), first[4:, :, 2].astype(int)
    assert (red > blue + 100).all()


def test_what_is_neither_seen_nor_changed_is_pale():
    quarter = np.where(np.indices((8, 8))[1] < 4, HALVES, NEITHER)
    *_, panel = drawn(mask_figure(IMAGE, {"quarter": [quarter]}))
    assert panel[:, 4:].min() > 200


def test_the_channels_of_a_squeeze_stand_in_order():
    channels = drawn(mask_figure(IMAGE, {"halves": [HALVES]}))[2]
    assert np.array_equal(channels[1:5, 1:5, 0], IMAGE[::2, ::2])
    assert np.array_equal(channels[1:5, 8:12, 0], IMAGE[::2, 1::2])
    assert np.array_equal(channels[8:12, 1:5, 0], IMAGE[1::2, ::2])


@pytest.mark.parametrize(
    ("image", "masks"),
    [
        (IMAGE[:7], {"halves": [HALVES]}),
        (IMAGE.astype(float), {"halves": [HALVES]}),
        (IMAGE, {"halves": []}),
        (IMAGE, {"halves": [HALVES[:6]]}),
    ],
)
def test_what_can_not_be_drawn_is_refused(image, masks):
    with pytest.raises(UsageError, match=r"expected uint8|must be"):
        mask_figure(image, masks)
