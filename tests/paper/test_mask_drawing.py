"""The picture of all masks shows them where they act."""

import numpy as np
import pytest

from oodflow.bijections import MASKS, checkerboard, cycle
from oodflow.paper.mask_drawing import mask_map


def test_a_mask_of_pixels_is_drawn_as_it_is():
    for name, mask in (("checkerboard", checkerboard), ("cycle", cycle)):
        for turn in range(4):
            built = mask((1, 6, 6), turn)
            drawn = mask_map(name, 6, turn)
            assert np.array_equal(drawn == 1, built.condition[0].numpy())
            assert np.array_equal(drawn == 2, built.transform[0].numpy())


def test_a_mask_of_channels_is_drawn_on_the_pixels_before_the_squeeze():
    """The first two of four channels are the even rows."""
    assert (mask_map("channelwise", 6, 0)[::2] == 2).all()
    assert (mask_map("channelwise", 6, 0)[1::2] == 1).all()


@pytest.mark.parametrize("name", MASKS)
def test_every_mask_can_be_drawn(name):
    assert set(np.unique(mask_map(name, 16, 0))) <= {0, 1, 2}


def test_the_command_draws_it(oodflow, tmp_path, rendered):
    result = oodflow("masks", "--out", tmp_path / "masks.svg")
    assert result.code == 0
    assert (tmp_path / "masks.svg").stat().st_size > 10_000
    assert "saved as .png or .svg" in oodflow("masks", "--out", tmp_path / "masks.gif").error
