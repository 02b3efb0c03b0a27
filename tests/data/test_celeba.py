import hashlib
import zipfile

import numpy as np
import pytest

from oodflow.data import download, status
from oodflow.data.sources import celeba
from oodflow.errors import OodflowError

from .layouts import jpeg, random_images, write_celeba


def levels(opened):
    """Grey level of each picture, in tens: its number in the file names."""
    return np.rint(opened.batch(slice(None)).mean((1, 2, 3)) / 10).astype(int).tolist()


@pytest.mark.parametrize("zipped", [True, False])
def test_follows_the_official_partition(root, open_set, zipped):
    write_celeba(root, "0012210", zipped=zipped)
    assert levels(open_set("celeba", "train+calibration")) == [1, 2, 7]
    opened = open_set("celeba")
    assert levels(opened) == [4, 5]
    assert opened.shape == (3, 32, 32)
    assert opened.note == "partial: 2 of 19,962 images"
    assert status("celeba", root).counts == {"train": 3, "test": 2}


def test_cuts_by_position_where_the_partition_gives_no_test_part(root, open_set):
    write_celeba(root, "0" * 20, height=40, width=40)
    assert levels(open_set("celeba", "train+calibration")) == list(range(1, 17))
    opened = open_set("celeba")
    assert levels(opened) == [19, 20]
    assert opened.note.endswith("; cut by position (first 80 % train, last 10 % test), not the official partition")


@pytest.mark.parametrize("zipped", [True, False])
def test_says_that_pictures_are_not_of_the_aligned_size(root, open_set, zipped):
    write_celeba(root, "0022", height=109, width=89, zipped=zipped)
    assert open_set("celeba").note == "partial: 2 of 19,962 images; pictures of 89 x 109 instead of 178 x 218"
    assert "89 x 109" in status("celeba", root).detail


def test_notes_that_complete_files_are_not_the_official_ones(root, open_set, monkeypatch):
    write_celeba(root, "00222")
    monkeypatch.setattr(celeba.CelebA, "parts", {"train": 3, "test": 3})
    partition = hashlib.md5((root / "celeba" / celeba.PARTITION).read_bytes()).hexdigest()
    monkeypatch.setitem(celeba.MD5, celeba.PARTITION, partition)
    assert open_set("celeba", "train+calibration").note == "partial: 2 of 3 images"
    came = hashlib.md5((root / "celeba/img_align_celeba.zip").read_bytes()).hexdigest()
    official = celeba.MD5["img_align_celeba.zip"]
    assert (
        open_set("celeba").note == f"celeba/img_align_celeba.zip: its md5 is {came}, the official file has {official}"
    )


def test_ignores_what_is_no_picture(root, open_set):
    write_celeba(root, "0022")
    with zipfile.ZipFile(root / "celeba/img_align_celeba.zip", "a") as archive:
        archive.writestr("__MACOSX/._000003.jpg", b"")
        archive.writestr("img_align_celeba/readme.txt", b"")
    assert levels(open_set("celeba")) == [3, 4]


def test_needs_the_partition(root, open_set):
    write_celeba(root, "0022")
    (root / "celeba/list_eval_partition.txt").unlink()
    with pytest.raises(OodflowError, match=r"list_eval_partition.txt is missing beside img_align_celeba.zip: get"):
        open_set("celeba")


@pytest.mark.parametrize("text", ["", "000001.jpg\n", "000001.jpg 0 0\n", "000001.jpg seven\n"])
def test_refuses_a_damaged_partition(root, open_set, text):
    write_celeba(root, "0022")
    (root / "celeba/list_eval_partition.txt").write_text(text)
    with pytest.raises(OodflowError, match=r"list_eval_partition.txt: corrupt: every line"):
        open_set("celeba")


def test_refuses_a_partition_of_other_names(root, open_set):
    write_celeba(root, "0022")
    (root / "celeba/list_eval_partition.txt").write_text("cat.jpg 0\n")
    with pytest.raises(OodflowError, match="names none of the 4 pictures"):
        open_set("celeba")


def test_names_an_unreadable_picture(root, open_set):
    write_celeba(root, "0022", zipped=False)
    whole = jpeg(random_images(1, 218, 178, 3)[0])
    (root / "celeba/img_align_celeba/000004.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OodflowError, match=r"000004.jpg: this picture cannot be read \(.*truncated"):
        open_set("celeba")


def test_refuses_a_truncated_zip_file(root, open_set):
    write_celeba(root, "0022")
    path = root / "celeba/img_align_celeba.zip"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(OodflowError, match=r"img_align_celeba.zip: truncated or corrupt"):
        open_set("celeba")


def test_refuses_a_damaged_member(root, open_set):
    write_celeba(root, "0022")
    path = root / "celeba/img_align_celeba.zip"
    content = bytearray(path.read_bytes())
    middle = content.index(b"000004.jpg") + 500
    content[middle : middle + 50] = bytes(50)
    path.write_bytes(content)
    with pytest.raises(OodflowError, match=r"img_align_celeba.zip: truncated or corrupt, .* \(Bad CRC"):
        open_set("celeba")


def test_says_where_to_get_it(root, open_set):
    for ask in (lambda: open_set("celeba"), lambda: download("celeba", root)):
        with pytest.raises(OodflowError, match=r"https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"):
            ask()
