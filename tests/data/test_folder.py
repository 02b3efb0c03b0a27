import io
import re

import numpy as np
import pytest
from PIL import Image

from oodflow.errors import OodflowError, UsageError

from .layouts import random_images, write_picture


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    images = random_images(60, 8, 9, 3)
    for i, image in enumerate(images):
        write_picture(folder / f"{'ab'[i >= 15]}" / f"{i:02d}.png", image)
    return folder, images.transpose(0, 3, 1, 2)


def test_all_pictures_in_the_order_of_their_names(pictures, open_set):
    folder, images = pictures
    opened = open_set(f"folder:{folder}", "all")
    np.testing.assert_array_equal(opened.batch(slice(None)), images)
    assert opened.name == f"folder:{folder}"


def test_is_dealt_into_three_disjoint_splits(pictures, open_set):
    folder, _ = pictures
    opened = [open_set(f"folder:{folder}", split) for split in ("train", "calibration", "test")]
    assert all(map(len, opened))
    assert sorted(np.concatenate([images.rows for images in opened])) == list(range(60))


def test_folders_train_and_test_are_the_parts(tmp_path, open_set):
    train, test = random_images(50, 8, 8, 3, seed=1), random_images(4, 8, 8, 3, seed=2)
    for part, images in {"train": train, "test": test}.items():
        for i, image in enumerate(images):
            write_picture(tmp_path / "pics" / part / f"{i:02d}.png", image)
    for split in ("test", "all"):
        assert len(open_set(f"folder:{tmp_path}/pics", split)) == 4
    dealt = [open_set(f"folder:{tmp_path}/pics", split) for split in ("train", "calibration")]
    assert all(map(len, dealt)) and sum(map(len, dealt)) == 50
    assert len(open_set(f"folder:{tmp_path}/pics", "train+calibration")) == 50


def test_different_sizes_need_a_shape(pictures, open_set):
    folder, _ = pictures
    write_picture(folder / "z.png", random_images(1, 5, 9, 3)[0])
    with pytest.raises(OodflowError, match=r"z.png is 3x5x9, but a/00.png is 3x8x9: .* adding \?shape=CxHxW"):
        open_set(f"folder:{folder}", "all")
    assert open_set(f"folder:{folder}?shape=1x6x4", "all").shape == (1, 6, 4)


def test_names_an_unreadable_picture_and_leaves_nothing(pictures, open_set, cache):
    folder, _ = pictures
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with pytest.raises(OodflowError, match=r"1 of 61 pictures cannot be read: broken.jpg \("):
        open_set(f"folder:{folder}", "all")
    (folder / "broken.jpg").write_bytes(b"")
    with pytest.raises(OodflowError, match=r"1 of 61 pictures cannot be read: broken.jpg \(its format is not known\)"):
        open_set(f"folder:{folder}", "all")
    assert not list(cache.glob("*"))


def postscript(path):
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n")


def wide(path):
    Image.new("1", (1_000_000, 1)).save(path)


def bomb(path):
    Image.new("1", (10_000, 9_000)).save(path)


def sparse(path):
    with path.open("wb") as file:
        file.truncate(1 << 33)


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (postscript, "its format is not known"),
        (wide, "of 1,000,000 x 1 pixels nearly all would be cut off"),
        (bomb, "10,000 x 9,000 pixels: at most 67,108,864 are decoded"),
        (sparse, "it has 8,589,934,592 bytes: at most 268,435,456 are read"),
    ],
)
def test_what_would_take_forever_is_refused_at_once(pictures, open_set, write, why):
    folder, _ = pictures
    write(folder / "odd.png")
    with pytest.raises(OodflowError, match=rf"1 of 61 pictures cannot be read: odd\.png \({why}"):
        open_set(f"folder:{folder}?shape=3x32x32", "all")


def test_new_pictures_are_seen(pictures, open_set):
    folder, images = pictures
    before = open_set(f"folder:{folder}", "all")
    write_picture(folder / "z.png", images[0].transpose(1, 2, 0))
    after = open_set(f"folder:{folder}", "all")
    assert len(after) == 61
    assert after.fingerprint != before.fingerprint


def test_hidden_and_other_files_are_left_out(pictures, open_set):
    folder, _ = pictures
    for name in (".hidden.png", ".cache/x.png", "notes.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"no picture")
    opened = open_set(f"folder:{folder}", "all")
    assert len(opened) == 60
    assert opened.note == "left out: 1 .txt, 2 hidden"
    (folder / "labels.csv").write_text("a")  # nothing that is taken has changed
    assert open_set(f"folder:{folder}", "all").note == "left out: 1 .csv, 1 .txt, 2 hidden"


def test_a_folder_without_pictures(tmp_path, open_set):
    with pytest.raises(OodflowError, match=r"no pictures in it \(.*\)\.$"):
        open_set(f"folder:{tmp_path}", "all")
    for name in ("a.dcm", "b.DCM", "c"):
        (tmp_path / name).touch()
    with pytest.raises(OodflowError, match=r"no pictures in it \(.*\); left out: 2 \.dcm, 1 without ending\.$"):
        open_set(f"folder:{tmp_path}", "all")


def test_no_folder(tmp_path, open_set):
    with pytest.raises(OodflowError, match="nowhere: there is no such folder"):
        open_set(f"folder:{tmp_path}/nowhere", "all")
    with pytest.raises(UsageError, match="names no path"):
        open_set("folder:", "all")


def test_too_few_pictures_to_deal(tmp_path, open_set):
    write_picture(tmp_path / "one.png", random_images(1, 8, 8, 3)[0])
    assert len(open_set(f"folder:{tmp_path}", "all")) == 1
    sentence = (
        r"too few images \(1\) to deal a .* split out of: .* takes 50 or more: add some, or .*train, val and test"
    )
    refused = 0
    for split in ("train", "calibration", "test"):
        try:
            assert len(open_set(f"folder:{tmp_path}", split)) == 1
        except OodflowError as error:
            assert re.search(sentence, str(error))
            refused += 1
    assert refused == 2


GREY = np.full((6, 7), 100, np.uint8)


@pytest.mark.parametrize(
    ("name", "picture", "expected"),
    [
        ("grey.png", Image.fromarray(GREY), (1, 100)),
        ("bits.png", Image.fromarray(GREY > 0), (1, 255)),
        ("deep.png", Image.fromarray(GREY.astype(np.uint16) * 256), (1, 100)),
        ("deep.tif", Image.fromarray(GREY.astype(np.uint16) * 256), (1, 100)),
        ("veiled.png", Image.fromarray(GREY).convert("RGBA"), (3, 100)),
        ("palette.gif", Image.fromarray(GREY).convert("P"), (3, 100)),
        ("grey.jpg", Image.fromarray(GREY), (1, 100)),
        ("colour.webp", Image.fromarray(GREY).convert("RGB"), (3, 100)),
        ("colour.bmp", Image.fromarray(GREY).convert("RGB"), (3, 100)),
        ("COLOUR.JPEG", Image.fromarray(GREY).convert("CMYK"), (3, 100)),
        ("grey.pbm", Image.fromarray(GREY > 0), (1, 255)),
    ],
)
def test_formats(tmp_path, open_set, name, picture, expected):
    picture.save(tmp_path / name)
    image = open_set(f"folder:{tmp_path}", "all").batch(0)
    channels, level = expected
    assert image.shape == (channels, 6, 7)
    assert abs(image.astype(int) - level).max() <= 3


def test_first_frame_of_an_animation_and_upright(tmp_path, open_set):
    frames = [Image.fromarray(np.full((6, 7), level, np.uint8)) for level in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert abs(open_set(f"folder:{tmp_path}", "all").batch(0).astype(int) - 10).max() <= 1

    lying = Image.fromarray(GREY)
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by 90 degrees
    buffer = io.BytesIO()
    lying.save(buffer, "JPEG", exif=exif)
    (tmp_path / "a.gif").unlink()
    (tmp_path / "b.jpg").write_bytes(buffer.getvalue())
    assert open_set(f"folder:{tmp_path}", "all").shape == (1, 7, 6)


def test_jpegs_by_any_of_their_names(tmp_path, open_set):
    for ending in ("jfif", "jpe", "JPG"):
        Image.fromarray(GREY).save(tmp_path / f"x.{ending}", "JPEG")
    opened = open_set(f"folder:{tmp_path}", "all")
    assert (len(opened), opened.note) == (3, "")


@pytest.fixture
def with_bad(pictures):
    """Two pictures that can't be read, of 62."""
    folder, images = pictures
    (folder / "a" / "07b.png").write_bytes(b"<html>404</html>")
    whole = (folder / "b" / "20.png").read_bytes()
    (folder / "b" / "20b.png").write_bytes(whole[: len(whole) // 2])
    return folder, images


def test_all_that_cannot_be_read_are_named_together(with_bad, open_set):
    folder, _ = with_bad
    sentence = r"2 of 62 pictures cannot be read: a/07b.png \(its format is not known\), b/20b.png \(.*\): .*skip_bad=2"
    for query in ("", "?shape=1x4x4", "?skip_bad=0", "?skip_bad=1"):
        with pytest.raises(OodflowError, match=sentence):
            open_set(f"folder:{folder}{query}", "all")


@pytest.mark.parametrize("options", ["", "&shape=3x8x9"])
def test_some_that_cannot_be_read_are_left_out_and_said(with_bad, open_set, options):
    folder, images = with_bad
    for _ in range(2):  # decoded, and from the cache
        opened = open_set(f"folder:{folder}?skip_bad=2{options}", "all")
        np.testing.assert_array_equal(opened.batch(slice(None)), images)
        assert opened.note.startswith(
            "left out, for they cannot be read: a/07b.png (its format is not known), b/20b.png ("
        )
    splits = [open_set(f"folder:{folder}?skip_bad=2{options}", split) for split in ("train", "calibration", "test")]
    assert sum(map(len, splits)) == 60


def test_a_picture_that_is_repaired_is_taken(with_bad, open_set):
    folder, images = with_bad
    assert len(open_set(f"folder:{folder}?skip_bad=5", "all")) == 60
    write_picture(folder / "a" / "07b.png", images[0].transpose(1, 2, 0))
    assert len(open_set(f"folder:{folder}?skip_bad=5", "all")) == 61


def test_pictures_of_unknown_range_are_not_bad(tmp_path, open_set):
    Image.fromarray(GREY.astype(np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(OodflowError, match=r"\?range=LOW,HIGH"):
        open_set(f"folder:{tmp_path}?skip_bad=1", "all")


def test_a_file_that_may_not_be_read_is_named(pictures, open_set, monkeypatch):
    def read(path):
        if path.name == "03.png":
            raise PermissionError(13, "Permission denied", str(path))
        return path.read_bytes()

    monkeypatch.setattr("oodflow.data.sources.folder.read_bytes", read)
    with pytest.raises(OodflowError, match=r"1 of 60 pictures cannot be read: a/03.png \(Permission denied\)"):
        open_set(f"folder:{pictures[0]}", "all")


@pytest.mark.parametrize("query", ["skip_bad=x", "skip_bad=-1", "skip_bad=", "part="])
def test_refuses_options_that_say_nothing(tmp_path, open_set, query):
    with pytest.raises(UsageError, match=r"skip_bad|part is empty"):
        open_set(f"folder:{tmp_path}?{query}", "all")


@pytest.mark.parametrize("spec", ["npy:x.npy?skip_bad=1", "mnist?part=test", "csv:x.csv?part=a"])
def test_refuses_options_of_folders_elsewhere(open_set, spec):
    with pytest.raises(UsageError, match="is an option of folder:PATH alone"):
        open_set(spec, "all")
