"""A user's own data are dealt by what they are: what comes, goes or is renamed moves nothing else."""

import shutil

import numpy as np
import pytest
from PIL import Image

from oodflow.data.content import content_keys
from oodflow.data.splits import deal_by_content
from oodflow.errors import OodflowError

from .layouts import random_images, write_idx, write_picture

IMAGES = random_images(120, 8, 9, 3)
SPLITS = ("train", "calibration", "test")


def members(open_set, spec):
    """Which images, by their content, are in which split."""
    parts = {split: open_set(spec, split) for split in SPLITS}
    return {split: {image.tobytes() for image in images.batch(slice(None))} for split, images in parts.items()}


@pytest.fixture
def folder(tmp_path):
    for i, image in enumerate(IMAGES):
        write_picture(tmp_path / "pics" / f"{i:03d}.png", image)
    return tmp_path / "pics"


def test_a_tenth_goes_to_each_part_that_is_dealt_out():
    hands = deal_by_content(content_keys(np.arange(20_000, dtype=np.float64)[:, None]), ("calibration", "test"))
    assert sum(map(len, hands.values())) == 20_000
    for name in ("calibration", "test"):
        assert abs(len(hands[name]) - 2000) < 4 * np.sqrt(20_000 * 0.1 * 0.9)


def test_the_deal_is_fixed_for_good():
    keys = content_keys(np.arange(6, dtype=np.uint8).reshape(3, 1, 1, 2))
    assert [f"{key:016x}" for key in keys] == ["bfc01c6304cd6583", "f76103412febe911", "494d3b774f49f1eb"]
    assert content_keys(np.arange(6.0).reshape(3, 2)).tolist() == content_keys(np.arange(6).reshape(3, 2)).tolist()


def test_the_highest_key_is_trained_on():
    hands = deal_by_content(np.array([0, 2**64 - 1], np.uint64), ("calibration", "test"))
    assert {name: rows.tolist() for name, rows in hands.items()} == {"calibration": [0], "test": [], "train": [1]}


def test_a_new_picture_moves_no_other(folder, open_set):
    before = members(open_set, f"folder:{folder}")
    for name in ("000-first.png", "zzz/last.png"):
        new = random_images(1, 8, 9, 3, seed=len(name))[0]
        write_picture(folder / name, new)
    after = members(open_set, f"folder:{folder}")
    assert sum(map(len, after.values())) == 122
    assert all(before[split] <= after[split] for split in SPLITS)


def test_a_picture_that_is_removed_or_renamed_moves_no_other(folder, open_set):
    before = members(open_set, f"folder:{folder}")
    (folder / "000.png").unlink()
    (folder / "001.png").rename(folder / "zzz.png")
    after = members(open_set, f"folder:{folder}")
    assert sum(map(len, after.values())) == 119
    assert all(after[split] <= before[split] for split in SPLITS)


def test_equal_pictures_are_in_one_part_whatever_their_files(folder, open_set):
    for i in range(0, 120, 3):
        shutil.copy(folder / f"{i:03d}.png", folder / f"copy-{i}.png")
        Image.open(folder / f"{i:03d}.png").save(folder / f"again-{i}.bmp")
    parts = members(open_set, f"folder:{folder}")
    assert sum(map(len, parts.values())) == 120, "no image is in two parts"


def test_a_set_is_dealt_alike_in_any_shape_and_kind(folder, tmp_path, open_set):
    np.save(tmp_path / "x.npy", IMAGES)
    for split in SPLITS:
        rows = open_set(f"folder:{folder}", split).rows
        for spec in (f"folder:{folder}?shape=1x4x4", f"npy:{tmp_path}/x.npy", f"npy:{tmp_path}/x.npy?shape=3x5x5"):
            np.testing.assert_array_equal(open_set(spec, split).rows, rows)


def test_pictures_of_all_sizes_are_dealt_as_they_lie(folder, open_set):
    before = open_set(f"folder:{folder}?shape=3x8x9", "train")
    write_picture(folder / "zz-large.png", random_images(1, 30, 40, 3)[0])
    after = open_set(f"folder:{folder}?shape=3x8x9", "train+calibration")
    assert {*before.rows.tolist()} <= {*after.rows.tolist()}


def test_a_train_part_of_ones_own_gives_calibration_by_content(tmp_path, open_set):
    for i, image in enumerate(IMAGES):
        write_picture(tmp_path / "pics" / ("train" if i < 100 else "test") / f"{i:03d}.png", image)
    before = members(open_set, f"folder:{tmp_path}/pics")
    write_picture(tmp_path / "pics/train/000-first.png", random_images(1, 8, 9, 3, seed=1)[0])
    after = members(open_set, f"folder:{tmp_path}/pics")
    assert all(before[split] <= after[split] for split in SPLITS)
    assert (len(after["test"]), sum(map(len, after.values()))) == (20, 121)


def test_equal_rows_of_a_table_are_in_one_part(tmp_path, open_set):
    rows = np.random.default_rng(0).integers(0, 5, (300, 3)).astype(np.float64)
    np.save(tmp_path / "x.npy", rows)
    parts = members(open_set, f"npy:{tmp_path}/x.npy")
    assert sum(map(len, parts.values())) == len(np.unique(rows, axis=0))


def test_official_parts_are_dealt_by_number_as_ever(root, open_set):
    write_idx(root / "mnist/train-images-idx3-ubyte", random_images(100, 28, 28))
    assert open_set("mnist", "calibration").rows.tolist() == [18, 21, 27, 32, 39, 41, 48, 82, 84, 92]


def test_what_is_too_alike_to_be_dealt(tmp_path, open_set):
    np.save(tmp_path / "x.npy", np.repeat(IMAGES[:1], 60, axis=0))
    with pytest.raises(OodflowError, match=r"too few images \(60, of which 1 is different\) to deal a test split out"):
        open_set(f"npy:{tmp_path}/x.npy", "test")
    np.save(tmp_path / "x.npy", np.ones((60, 4)))
    with pytest.raises(OodflowError, match=r"too few rows \(60, of which 1 is different\) .* 50 or more: add some\.$"):
        open_set(f"npy:{tmp_path}/x.npy", "test")
