import errno
import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from oodflow.data import SOURCES, load
from oodflow.data.cache import cache_dir, entry
from oodflow.data.sources.idx import Idx
from oodflow.errors import OodflowError

from .layouts import random_images, write_idx

IMAGES = random_images(20, 28, 28)


@pytest.fixture
def mnist(root):
    path = root / "mnist/t10k-images-idx3-ubyte"
    write_idx(path, IMAGES)
    return path


@pytest.fixture
def decodings(monkeypatch):
    """How often a source was decoded."""
    calls = []
    chunks = Idx.chunks
    monkeypatch.setattr(Idx, "chunks", lambda *args: calls.append(args) or chunks(*args))
    return calls


def test_decodes_once(mnist, open_set, decodings):
    first, second = open_set("mnist"), open_set("mnist")
    assert len(decodings) == 1
    assert first.fingerprint == second.fingerprint
    assert first.note == second.note == "partial: 20 of 10,000 images"
    np.testing.assert_array_equal(second.batch(slice(None))[:, 0], IMAGES)


def test_is_a_memory_mapped_array_of_numpy(mnist, open_set, cache):
    assert isinstance(open_set("mnist").array, np.memmap)
    (path,) = cache.glob("*.npy")
    np.testing.assert_array_equal(np.load(path)[:, 0], IMAGES)


def test_the_sidecar_says_where_it_comes_from(mnist, open_set, cache):
    opened = open_set("mnist")
    (path,) = cache.glob("*.json")
    facts = json.loads(path.read_text())
    stat = mnist.stat()
    assert facts["origin"] == [["mnist/t10k-images-idx3-ubyte", stat.st_size, stat.st_mtime_ns]]
    assert (facts["count"], facts["shape"], facts["content"]) == (20, [1, 28, 28], opened.content)


def test_decodes_anew_when_a_file_changes(mnist, open_set):
    before = open_set("mnist")
    write_idx(mnist, IMAGES[::-1])  # of the same size
    os.utime(mnist, ns=(1, 1))
    after = open_set("mnist")
    np.testing.assert_array_equal(after.batch(slice(None))[:, 0], IMAGES[::-1])
    assert before.fingerprint != after.fingerprint
    np.testing.assert_array_equal(before.batch(slice(None))[:, 0], IMAGES)  # what is open stays as it was


@pytest.mark.parametrize("ending", [".npy", ".json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\x93NUMPY\x01\x00 cut"])
def test_decodes_anew_when_an_entry_is_damaged(mnist, open_set, cache, decodings, ending, content):
    fingerprint = open_set("mnist").fingerprint
    (path,) = cache.glob(f"*{ending}")
    path.write_bytes(content)
    assert open_set("mnist").fingerprint == fingerprint
    assert len(decodings) == 2


def test_decodes_anew_when_an_array_is_cut(mnist, open_set, cache):
    open_set("mnist")
    (path,) = cache.glob("*.npy")
    path.write_bytes(path.read_bytes()[:-1])
    np.testing.assert_array_equal(open_set("mnist").batch(slice(None))[:, 0], IMAGES)


def test_many_chunks(mnist, open_set, monkeypatch, root, tmp_path):
    whole = open_set("mnist").fingerprint
    monkeypatch.setattr("oodflow.data.sources.idx.CHUNK_BYTES", 3 * 28 * 28)
    assert len(list(SOURCES["mnist"].chunks("test", root, None))) == 7
    assert load("mnist", "test", root=root, cache=tmp_path / "other").fingerprint == whole


def test_shapes_and_roots_have_entries_of_their_own(mnist, open_set, cache, tmp_path):
    write_idx(tmp_path / "other/mnist/t10k-images-idx3-ubyte", IMAGES[:5])
    assert len(open_set("mnist")) == 20
    assert open_set("mnist?shape=3x8x8").shape == (3, 8, 8)
    assert len(load("mnist", "test", root=tmp_path / "other", cache=cache)) == 5
    assert len(list(cache.glob("*.npy"))) == 3


class FullDisk:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= len(memoryview(data).cast("B"))
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


@pytest.mark.parametrize("room", [0, 200, 5000])
def test_a_full_disk(mnist, open_set, cache, monkeypatch, room):
    plain = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode="r", *args, **kwargs: _maybe_full(path, mode, plain, room))
    with pytest.raises(OodflowError, match=r"cache, but the disk is full: free some space or set \$OODFLOW_CACHE"):
        open_set("mnist")
    assert not list(cache.iterdir())


def _maybe_full(path, mode, plain, room):
    file = plain(path, mode)
    return FullDisk(file, room) if mode == "wb" else file


def test_a_cache_that_cannot_be_made(mnist, root, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OodflowError, match=r"file/cache, but it cannot be written .*set \$OODFLOW_CACHE"):
        load("mnist", "test", root=root, cache=tmp_path / "file/cache")


def test_an_interrupted_decoding_leaves_nothing(mnist, open_set, cache, monkeypatch):
    def interrupted(*_):
        yield IMAGES[:3, None]
        raise KeyboardInterrupt

    monkeypatch.setattr(Idx, "chunks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_set("mnist")
    assert not list(cache.iterdir())


def test_an_unreadable_file(mnist, open_set, monkeypatch):
    def unreadable(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "t10k")
        yield

    monkeypatch.setattr(Idx, "chunks", unreadable)
    with pytest.raises(OodflowError, match=r"mnist cannot be read: .*Permission denied: 't10k'"):
        open_set("mnist")


def test_a_source_that_yields_something_else_is_a_mistake_in_the_code(mnist, open_set, monkeypatch):
    monkeypatch.setattr(Idx, "chunks", lambda *_: iter([IMAGES]))
    with pytest.raises(TypeError, match=r"Idx.chunks must yield uint8"):
        open_set("mnist")


def test_many_at_once(mnist, open_set):
    opened = []
    threads = [threading.Thread(target=lambda: opened.append(open_set("mnist"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({images.fingerprint for images in opened}) == 1
    assert all((images.batch(slice(None))[:, 0] == IMAGES).all() for images in opened)


def test_where_the_cache_is(tmp_path, monkeypatch):
    monkeypatch.delenv("OODFLOW_CACHE", raising=False)
    assert cache_dir(None).parts[-2:] == ("oodflow", "decoded")
    monkeypatch.setenv("OODFLOW_CACHE", str(tmp_path / "a"))
    assert cache_dir(None) == tmp_path / "a"
    assert cache_dir(tmp_path / "b") == tmp_path / "b"


def test_entries_are_readable_and_distinct(tmp_path):
    one, other = (entry(tmp_path, Path(root), "mnist", "test") for root in ("/a b/ü", "/a-b/ü"))
    assert one != other
    assert one.name.startswith("mnist-test-")
    assert len(entry(tmp_path, Path("/"), "x" * 1000).name) < 100
    assert entry(tmp_path, Path("/"), "x" * 9, ".-" + "y" * 58).name.startswith("yy")  # cut before its dot
