import numpy as np
import pytest

from oodflow.errors import UsageError
from oodflow.figures import grid_array, image_grid


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("count", "columns", "pad"), [(6, 3, 1), (5, 3, 2), (2, 8, 0), (1, 1, 1)])
def test_every_image_stands_in_its_cell_on_white(channels, count, columns, pad):
    images = np.random.default_rng(0).integers(0, 255, (count, channels, 4, 5), dtype=np.uint8)
    grid = grid_array(images, columns, pad)
    wide = min(columns, count)
    assert grid.shape == (-(-count // wide) * (4 + pad) + pad, wide * (5 + pad) + pad, channels)
    for i, image in enumerate(images):
        top, left = pad + (i // wide) * (4 + pad), pad + (i % wide) * (5 + pad)
        np.testing.assert_array_equal(grid[top : top + 4, left : left + 5], image.transpose(1, 2, 0))
        grid[top : top + 4, left : left + 5] = 255
    assert (grid == 255).all()


@pytest.mark.parametrize(("channels", "shown"), [(2, 1), (4, 3), (7, 3)])
def test_of_other_channels_the_first_are_shown(channels, shown):
    images = np.random.default_rng(0).integers(0, 256, (4, channels, 5, 6), dtype=np.uint8)
    np.testing.assert_array_equal(grid_array(images, columns=2), grid_array(images[:, :shown], columns=2))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_figure_holds_exactly_the_pixels_enlarged(channels):
    images = np.random.default_rng(0).integers(0, 256, (6, channels, 9, 7), dtype=np.uint8)
    figure = image_grid(images, columns=3, title="Samples")
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    grid = grid_array(images, columns=3)
    factor = round(1200 / grid.shape[1])
    expected = np.broadcast_to(grid, (*grid.shape[:2], 3)).repeat(factor, 0).repeat(factor, 1)
    top, left = 70, 20
    np.testing.assert_array_equal(drawn[top : top + len(expected), left : left + expected.shape[1]], expected)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((2, 8, 8), np.uint8), ((2, 1, 8, 8), np.float32), ((2, 0, 8, 8), np.uint8), ((0, 1, 8, 8), np.uint8)],
    ids=["no axis of channels", "float", "no channels", "none"],
)
def test_what_is_no_image_is_refused(shape, dtype):
    with pytest.raises(UsageError, match=r"images is .*expected uint8 \[n,C,H,W\]"):
        grid_array(np.zeros(shape, dtype), 2)


@pytest.mark.parametrize(("columns", "pad"), [(0, 1), (2, -1)])
def test_columns_and_pad_are_checked(columns, pad):
    with pytest.raises(UsageError, match=f"columns is {columns} and pad is {pad}"):
        grid_array(np.zeros((1, 1, 4, 4), np.uint8), columns, pad)
