"""Folders as people have them: parts by several names, MVTec's layout, links."""

import os

import numpy as np
import pytest

from oodflow.data import same_set, splits_of, verify
from oodflow.errors import NotThere, UsageError

from .layouts import random_images, write_picture

COUNTS = {"train": 30, "val": 6, "test": 8}


def fill(folder, n, seed=0):
    for i, image in enumerate(random_images(n, 8, 8, seed=seed)):
        write_picture(folder / f"{i:02d}.png", image)


@pytest.fixture
def made(tmp_path):
    """Make a folder of folders with so many pictures each."""

    def make(**counts):
        for seed, (name, n) in enumerate(counts.items()):
            fill(tmp_path / "set" / name.replace("__", "/"), n, seed)
        return f"folder:{tmp_path / 'set'}"

    return make


@pytest.mark.parametrize("validation", ["val", "valid", "Validation", "VAL"])
def test_three_parts_in_any_case(made, open_set, validation):
    spec = made(**{"Train": 30, validation: 6, "TEST": 8})
    assert splits_of(spec) == ("train", "calibration", "test")
    assert [len(open_set(spec, split)) for split in ("train", "calibration", "test", "all")] == [30, 6, 8, 8]
    assert open_set(spec, "train").note == ""


def test_without_a_test_part_that_of_validation_is_it(made, open_set):
    spec = made(train=60, val=6)
    opened = open_set(spec, "test")
    assert len(opened) == 6
    assert opened.note == "val is the test part, for there is no folder test"
    assert len(open_set(spec, "train")) + len(open_set(spec, "calibration")) == 60


def test_one_part_by_two_names_is_refused(made, open_set):
    with pytest.raises(UsageError, match=r"holds both Train and train, which are one part"):
        open_set(made(train=3, Train=3, test=3), "train")


def test_two_names_of_validation_are_one_part(made, open_set):
    with pytest.raises(UsageError, match=r"holds both val and valid, which are one part"):
        open_set(made(train=3, val=3, valid=3), "train")


def test_what_lies_beside_the_parts_is_said(made, open_set, tmp_path):
    spec = made(train=30, test=5, extra=5)
    fill(tmp_path / "set", 1)
    assert "left out beside the parts: 00.png, extra" in open_set(spec, "test").note


@pytest.mark.parametrize("names", [("train", "plane"), ("test", "plane"), ("train",), ("a", "b")])
def test_other_folders_are_one_part(made, open_set, names):
    spec = made(**dict.fromkeys(names, 4))
    assert len(open_set(spec, "all")) == 4 * len(names)


def test_sets_in_a_folder_are_taken_together_and_said(made, open_set):
    opened = open_set(made(cable__train=4, cable__test=4, bottle__train=2, bottle__test=2), "all")
    assert len(opened) == 12
    assert opened.note == "all taken together, though bottle, cable have parts train and test of their own"


@pytest.fixture
def bottle(made):
    return made(
        train__good=40, test__good=10, test__scratch=4, test__Broken_Large=3, ground_truth__scratch=4,
        ground_truth__broken=3,
    )  # fmt: skip


def test_mvtec(bottle, open_set):
    parts = {split: open_set(bottle, split) for split in ("train", "calibration", "test")}
    assert len(parts["train"]) + len(parts["calibration"]) == 40
    assert len(parts["test"]) == 10
    for one in parts.values():
        assert "left out beside the parts: ground_truth" in one.note
        assert "defects (Broken_Large, scratch) are no part, name them by ?part=" in one.note
    for part, n in {"test/scratch": 4, "test/broken_large": 3, "defects": 7, "TEST": 17, "train/good/": 40}.items():
        assert len(open_set(f"{bottle}?part={part}", "all")) == n, part


def test_what_is_in_a_part_is_that_folder(bottle, open_set):
    named = open_set(f"{bottle}?part=test/scratch&shape=1x8x8", "all")
    path = bottle.removeprefix("folder:")
    np.testing.assert_array_equal(
        named.batch(slice(None)), open_set(f"folder:{path}/test/scratch", "all").batch(slice(None))
    )
    assert not same_set(bottle, f"{bottle}?part=test/scratch")
    assert same_set(f"{bottle}?part=test/scratch", f"{bottle}?part=test/scratch&shape=1x4x4")


@pytest.mark.parametrize(
    ("part", "error", "sentence"),
    [
        ("test/crack", NotThere, "part 'test/crack' is not there: in .*test there are Broken_Large, good, scratch"),
        ("../other", UsageError, "is no folder in it"),
        ("/etc", UsageError, "is no folder in it"),
    ],
)
def test_refuses_a_part_that_is_not_there(bottle, open_set, part, error, sentence):
    with pytest.raises(error, match=sentence):
        open_set(f"{bottle}?part={part}", "all")


def test_defects_are_of_that_layout_alone(made, open_set):
    with pytest.raises(NotThere, match="part=defects is of MVTec's layout"):
        open_set(f"{made(train__good=3, train__bad=3, test__good=3, test__bad=3)}?part=defects", "all")


def test_a_supervised_set_is_not_taken_for_mvtec(made, open_set):
    assert len(open_set(made(train__good=40, train__bad=40, test__good=3, test__bad=5), "test")) == 8


def test_links_are_followed_once_and_said(made, open_set, tmp_path):
    spec = made(real=5, elsewhere__not_linked=2)
    top = tmp_path / "set"
    fill(tmp_path / "store", 7, seed=3)
    links = {
        "dog": tmp_path / "store", "dog-again": tmp_path / "store", "self": top, "up": tmp_path, "root": "/",
        "real/up": top / "real", "twice": top / "real", "gone": tmp_path / "nothing",
        "one.png": tmp_path / "store/00.png", "gone.png": tmp_path / "nothing.png",
    }  # fmt: skip
    for name, target in links.items():
        (top / name).symlink_to(target)
    (top / "ring").symlink_to(top / "ring")
    (tmp_path / "store" / "back").symlink_to(top)
    os.mkfifo(top / "pipe.png")
    opened = open_set(spec, "all")
    assert len(opened) == 5 + 2 + 7 + 1
    assert opened.note == (
        "left out: 3 broken links (gone, gone.png, ring), 4 links in a circle (root, self, up and 1 more), "
        "3 links to what is taken anyway (dog-again, twice, back), 1 no file (pipe.png); "
        "followed: 1 link to a folder (dog)"
    )


def test_parts_behind_links(made, open_set, tmp_path):
    fill(tmp_path / "store", 7)
    spec = made(train=40)
    (tmp_path / "set" / "test").symlink_to(tmp_path / "store")
    assert len(open_set(spec, "test")) == 7


def test_what_lies_loose_in_mvtecs_parts_is_said(bottle, open_set, tmp_path):
    fill(tmp_path / "set" / "train", 2)
    assert "left out beside the folders of parts: 00.png, 01.png" in open_set(bottle, "test").note


def test_mvtec_with_a_part_for_validation(made, open_set):
    spec = made(train__good=30, validation__good=6, test__good=4, test__logical_anomalies=3)
    assert [len(open_set(spec, split)) for split in ("train", "calibration", "test")] == [30, 6, 4]


def test_pictures_of_several_sizes_are_checked_in_the_shape_that_is_asked_for(tmp_path, root):
    fill(tmp_path / "mixed", 3)
    write_picture(tmp_path / "mixed" / "large.png", random_images(1, 20, 30, 3)[0])
    assert verify(f"folder:{tmp_path / 'mixed'}?shape=3x8x8", root) == []
    assert "bring all to one shape" in verify(f"folder:{tmp_path / 'mixed'}", root)[0]
