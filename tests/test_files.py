"""Files that appear whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from oodflow import files
from oodflow.errors import OodflowError, UsageError
from oodflow.files import file_name, in_folders, path_of, write_all, write_text, written_atomically, written_together


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_makes_folders_and_replaces(tmp_path):
    path = tmp_path / "a/b/note.txt"
    write_text(path, "one")
    write_text(path, "zwölf")
    assert path.read_text(encoding="utf-8") == "zwölf"
    assert names(path.parent) == ["note.txt"]


def test_who_holds_the_former_file_keeps_it(tmp_path):
    write_text(tmp_path / "note.txt", "former")
    (tmp_path / "held.txt").hardlink_to(tmp_path / "note.txt")
    write_text(tmp_path / "note.txt", "new")  # in one step: the file is never seen half written
    assert (tmp_path / "held.txt").read_text() == "former"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; what stood there before is untouched"),
        (errno.EACCES, "change its permissions"),
    ],
)
def test_what_stood_there_survives(tmp_path, number, words):
    path = tmp_path / "note.txt"
    write_text(path, "kept")
    with pytest.raises(OodflowError, match=f"could not write .*note.txt: .*{words}"), written_atomically(path) as half:
        half.write_text("ha")
        raise OSError(number, "the system says no")
    assert path.read_text() == "kept"
    assert names(tmp_path) == ["note.txt"]


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(KeyError), written_atomically(tmp_path / "note.txt") as half:
        half.write_text("ha")
        raise KeyError
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OodflowError, match="Not a directory; choose another folder"):
        write_text(tmp_path / "file/folder/note.txt", "")


def write_two(folder, first, second="2"):
    (folder / "one.txt").write_text(first)
    (folder / "deep").mkdir()
    (folder / "deep/two.txt").write_text(second)


@pytest.fixture(params=["in one step", "in three"])
def pages(request, tmp_path, monkeypatch):
    """A folder that is written with and without the system's help."""
    if request.param == "in three":
        monkeypatch.setattr(files.sys, "platform", "elsewhere")
    return tmp_path / "runs/pages"


def test_a_folder_appears_whole(pages):
    with written_together(pages) as new:
        write_two(new, "1")
        assert not pages.exists()
    assert names(pages) == ["deep", "one.txt"]
    assert names(pages.parent) == ["pages"]


def test_a_folder_is_replaced_whole(pages):
    with written_together(pages) as new:
        write_two(new, "1")
        (new / "stale.txt").write_text("")
    with written_together(pages) as new:
        write_two(new, "new")
        assert (pages / "one.txt").read_text() == "1"
    assert (pages / "one.txt").read_text() == "new"
    assert names(pages) == ["deep", "one.txt"]
    assert names(pages.parent) == ["pages"]


def test_of_two_who_write_a_folder_at_once_the_last_wins(pages, monkeypatch):
    replace, others = files.Path.replace, []

    def after_the_other(path, target):
        if not others:
            others.append(target)
            pages.mkdir()
            write_two(pages, "another's")
        return replace(path, target)

    with written_together(pages) as new:
        write_two(new, "ours")
        monkeypatch.setattr(files.Path, "replace", after_the_other)
    assert others == [pages]
    assert (pages / "one.txt").read_text() == "ours"
    assert names(pages.parent) == ["pages"]


def test_nothing_is_removed_before_the_new_folder_stands(pages, monkeypatch):
    with written_together(pages) as new:
        write_two(new, "1")
    seen = []
    monkeypatch.setattr(files.shutil, "rmtree", lambda *_, **more: seen.append((pages / "one.txt").read_text()))
    with written_together(pages) as new:
        write_two(new, "new")
    assert seen == ["new"]


@pytest.mark.parametrize("error", [KeyError(), KeyboardInterrupt(), OSError(errno.ENOSPC, "full")], ids=repr)
def test_a_folder_that_fails_leaves_the_former(pages, error):
    with written_together(pages) as new:
        write_two(new, "1")
    with pytest.raises(OodflowError if isinstance(error, OSError) else type(error)), written_together(pages) as new:
        write_two(new, "half")
        raise error
    assert (pages / "one.txt").read_text() == "1"
    assert names(pages.parent) == ["pages"]


def test_a_folder_that_is_being_written_is_not_looked_into(pages):
    assert in_folders(pages.parent, "one.txt") == []
    with written_together(pages) as new:
        write_two(new, "1")
        assert in_folders(pages.parent, "one.txt") == []
    assert in_folders(pages.parent, "one.txt") == [pages / "one.txt"]


def test_files_that_belong_together_appear_together(tmp_path):
    write_all({tmp_path / "a/page.md": "zwölf", tmp_path / "a/data.json": b"{}"})
    assert names(tmp_path / "a") == ["data.json", "page.md"]
    assert (tmp_path / "a/page.md").read_text(encoding="utf-8") == "zwölf"


@pytest.mark.parametrize("last", ["folder", "in-the-way/data.json"])
def test_where_one_can_not_be_written_none_is(tmp_path, last):
    (tmp_path / "page.md").write_text("before")
    (tmp_path / "folder").mkdir()
    (tmp_path / "in-the-way").write_text("")
    with pytest.raises(OodflowError, match=f"could not write .*{last}"):
        write_all({tmp_path / "page.md": "after", tmp_path / last: "{}"})
    assert (tmp_path / "page.md").read_text() == "before"
    assert names(tmp_path) == ["folder", "in-the-way", "page.md"]


def test_a_name_that_is_cut_begins_with_no_dash_or_dot():
    assert file_name("x" * 9 + ".-" + "y" * 58).startswith("yy")
    assert file_name("x" * 70).startswith("x" * 60 + "-")


def test_what_a_killed_writer_left_is_removed_by_the_next_and_what_is_being_written_is_not(tmp_path):
    old, new, other = (
        tmp_path / f".{name}.tmp" for name in ("a[1].txt.12345678", "a[1].txt.87654321", "b.txt.12345678")
    )
    for path in (old, new, other):
        path.write_text("half")
    for path in (old, other):
        os.utime(path, (0, 0))
    write_text(tmp_path / "a[1].txt", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, other.name, "a[1].txt"]
    left = tmp_path / ".pages.12345678.tmp"
    left.mkdir()
    (left / "one.txt").write_text("half")
    os.utime(left, (0, 0))
    with written_together(tmp_path / "pages") as folder:
        (folder / "one.txt").write_text("whole")
    assert not left.exists()


def test_paths_of_users(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/a") == path_of(Path("~/a")) == tmp_path / "a"
    assert path_of("~") == tmp_path
    for plain in ("a~", "./~/a", "~nobody-of-this-name.png"):
        assert path_of(plain) == Path(plain)
    for wrong, message in (
        (3, "is a int"),
        (None, "is a NoneType"),
        (b"a", "is a bytes"),
        ("", "is ''"),
        ("\0", "is '"),
    ):
        with pytest.raises(UsageError, match=f"^out {message}"):
            path_of(wrong, "out")


def test_what_takes_the_place_of_a_file_is_on_disk_before(tmp_path, monkeypatch):
    """Or else a power failure would leave an empty file under its name."""
    path, seen = tmp_path / "file", []
    monkeypatch.setattr(os, "fsync", lambda file: seen.append((os.fstat(file).st_size, path.read_text())))
    path.write_text("before")
    with written_atomically(path) as temporary:
        temporary.write_text("four")
    assert seen == [(4, "before")]
    assert path.read_text() == "four"


def test_a_link_stays_one(tmp_path):
    link, target = tmp_path / "link", tmp_path / "there" / "target"
    link.symlink_to(target)
    for content in ("made", "written again"):
        write_text(link, content)
        assert link.is_symlink()
        assert target.read_text() == content


def test_a_link_to_a_folder_stays_one(tmp_path):
    link, target = tmp_path / "link", tmp_path / "target"
    target.mkdir()
    link.symlink_to(target)
    with written_together(link) as temporary:
        (temporary / "page").write_text("new")
    assert link.is_symlink()
    assert (target / "page").read_text() == "new"
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(OodflowError, match=f"{path.name} is a device, pipe or socket"):
            write_text(path, "lost")
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [link, pipe]
