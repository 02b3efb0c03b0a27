import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from oodflow.data.pixel_range import PixelRange, parse_range
from oodflow.errors import OodflowError, UsageError

RAMP = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))
WORDS = RAMP.astype(np.uint16) * 257


def saved_picture(folder, values):
    ending = "png" if values.dtype in (np.uint8, np.uint16) else "tif"
    Image.fromarray(values).save(folder / f"x.{ending}")
    return f"folder:{folder}"


def saved_array(folder, values):
    np.save(folder / "x.npy", values[None])
    return f"npy:{folder}/x.npy"


@pytest.fixture(params=[saved_picture, saved_array])
def opened(request, tmp_path, open_set):
    def save_and_open(values, query=""):
        return open_set(request.param(tmp_path, values) + query, "all")

    return save_and_open


def test_words_of_16_bits_keep_their_range(opened):
    np.testing.assert_array_equal(opened(WORDS).batch(0)[0], RAMP)


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        (RAMP.astype(np.uint16) * 16, "0,4080"),
        (RAMP.astype(np.int32) * 257, "0,65535"),
        (RAMP.astype(np.float32) * 8 - 1000, "-1000,1040"),
        (RAMP.astype(np.float32) / 2**20, "0,0.0002431869506835937500"),
    ],
    ids=["12 bits in 16", "32 bits", "Hounsfield", "tiny"],
)
def test_what_is_not_known_is_asked_for_and_kept(opened, values, limits):
    with pytest.raises(OodflowError, match=r"\?range=LOW,HIGH"):
        opened(values) if values.max() > 1 else opened(values - 1)
    np.testing.assert_array_equal(opened(values, f"?range={limits}").batch(0)[0], RAMP)


def test_numbers_beyond_a_range_are_not_cut_off(opened):
    with pytest.raises(OodflowError, match=r"values go from -1000 to 984, beyond \?range=-1000,100"):
        opened(RAMP.astype(np.float32) * 8 - 1000, "?range=-1000,100")


def test_masks_are_noticed_and_brought_to_black_and_white(opened):
    mask = (RAMP > 99).astype(np.uint8)
    assert "no value is above 1: if these are masks of 0 and 1, ?range=0,1" in opened(mask).note
    spread = opened(mask, "?range=0,1")
    assert "no value" not in spread.note
    np.testing.assert_array_equal(spread.batch(0)[0], mask * 255)
    np.testing.assert_array_equal(opened(mask).batch(0)[0], mask)  # each in a place of its own in the cache


def test_a_picture_of_reals_tells_nothing_of_others(tmp_path, open_set):
    with pytest.raises(
        OodflowError, match=r"x\.tif: this picture cannot be read \(its values, of float32, go from 0 to"
    ):
        open_set(saved_picture(tmp_path, (RAMP / 255).astype(np.float32)), "all")


@pytest.mark.parametrize("last", [1, 3, 4])
def test_one_picture_is_not_many(tmp_path, open_set, last):
    np.save(tmp_path / "x.npy", np.zeros((30, 20, last), np.uint8))
    with pytest.raises(OodflowError, match=r"could be one picture \[H,W,C\] or 30 grey ones"):
        open_set(f"npy:{tmp_path}/x.npy", "all")


@pytest.mark.parametrize("text", ["", "1", "2,1", "1,1", "a,b", "0,inf", "0;1", "nan,1"])
def test_other_ranges_are_refused(text):
    with pytest.raises(UsageError, match="is not LOW,HIGH"):
        parse_range(text)


def test_bytes_have_a_range_that_is_known(open_set):
    with pytest.raises(UsageError, match="leave range out"):
        open_set("mnist?range=0,1", "all")


def test_all_of_a_range_is_used_evenly():
    rng = np.random.default_rng(0)
    for low, high in rng.normal(0, 1000, (20, 2)).cumsum(axis=1):
        one = PixelRange(min(low, high), max(low, high))
        levels = one.low + (one.high - one.low) * np.arange(256) / 255
        np.testing.assert_array_equal(one.to_bytes(levels.clip(one.low, one.high), "x"), np.arange(256))


def colour_of_16_bits(value):
    """A PNG, which Pillow reads and can't write."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + struct.pack(">H", value) * 3 * 5 for _ in range(4))
    head = struct.pack(">2I5B", 5, 4, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_colours_of_16_bits_are_those_of_all_16_or_refused(tmp_path, open_set):
    (tmp_path / "x.png").write_bytes(colour_of_16_bits(65535))
    np.testing.assert_array_equal(open_set(f"folder:{tmp_path}", "all").batch(0), np.full((3, 4, 5), 255))
    with pytest.raises(OodflowError, match="its colours have 16 bits"):
        open_set(f"folder:{tmp_path}?range=0,65535", "all")
    (tmp_path / "x.png").write_bytes(colour_of_16_bits(4095))
    with pytest.raises(OodflowError, match="its colours have 16 bits, of which it needs no more than 12"):
        open_set(f"folder:{tmp_path}", "all")


def test_a_range_that_is_printed_can_be_typed():
    for limits in (PixelRange(0, 1e-5), PixelRange(-1e20, 16777215)):
        assert parse_range(str(limits)) == limits
