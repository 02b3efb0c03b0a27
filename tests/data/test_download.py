"""Downloads from a server on this machine: it can break off, ignore ranges, send something else or not be there."""

import hashlib
import io
import socket
import tarfile
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from oodflow.data import SOURCES, Remote, download, status
from oodflow.data.fetch import PIECE, fetch
from oodflow.errors import OodflowError

from .layouts import idx_bytes, random_images, write_cifar10

CONTENT = np.random.default_rng(0).bytes(700_000)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


@dataclass
class Server:
    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    breaks_after: int | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def server():
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            state.asked.append((self.path, wanted))
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and state.ranges else 0
            if start and start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start:][: state.breaks_after])

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture
def remote(server):
    server.files["/file.gz"] = CONTENT
    return Remote(f"{server.url}/file.gz", MD5, "set/file.gz")


@pytest.fixture
def part(root):
    path = root / "set/file.gz.part"
    path.parent.mkdir()
    return path


@pytest.mark.parametrize("progress", [False, True])
def test_a_whole_file(remote, root, progress):
    path = fetch(remote, root, progress)
    assert path == root / "set/file.gz"
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_what_is_there_is_not_asked_for(remote, root, server):
    fetch(remote, root, progress=False)
    fetch(remote, root, progress=False)
    assert len(server.asked) == 1


def test_goes_on_after_an_interruption(remote, root, server, part):
    server.breaks_after = 300_000
    with pytest.raises(OodflowError, match=r"file.gz cannot be downloaded \(.*\): try again \(what has come is kept\)"):
        fetch(remote, root, progress=False)
    kept = part.read_bytes()
    assert 300_000 - PIECE < len(kept) <= 300_000
    assert CONTENT.startswith(kept)
    server.breaks_after = None
    assert fetch(remote, root, progress=False).read_bytes() == CONTENT
    assert server.asked[-1] == ("/file.gz", f"bytes={len(kept)}-")
    assert not part.exists()


def test_starts_over_where_the_server_knows_no_ranges(remote, root, server, part):
    server.ranges = False
    part.write_bytes(CONTENT[:1000])
    assert fetch(remote, root, progress=False).read_bytes() == CONTENT


def test_a_complete_part_is_not_downloaded_again(remote, root, server, part):
    part.write_bytes(CONTENT)
    assert fetch(remote, root, progress=False).read_bytes() == CONTENT
    assert server.asked == [("/file.gz", f"bytes={len(CONTENT)}-")]


def test_a_part_that_is_too_long_is_thrown_away(remote, root, part):
    part.write_bytes(CONTENT + b"more")
    assert fetch(remote, root, progress=False).read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(remote, root, server):
    server.files["/file.gz"] = CONTENT[:-1] + b"!"
    with pytest.raises(OodflowError, match=rf"file.gz: what came is not the expected file .*{MD5}.* was removed"):
        fetch(remote, root, progress=False)
    assert not list((root / "set").iterdir())


def test_a_wrong_part_is_thrown_away_in_the_end(remote, root, part):
    part.write_bytes(b"something else")
    with pytest.raises(OodflowError, match="not the expected file"):
        fetch(remote, root, progress=False)
    assert fetch(remote, root, progress=False).read_bytes() == CONTENT


def test_a_wrong_file_is_replaced(remote, root):
    (root / "set").mkdir()
    (root / "set/file.gz").write_bytes(b"partial")
    assert fetch(remote, root, progress=False).read_bytes() == CONTENT


def test_not_found(remote, root, server):
    server.files.clear()
    with pytest.raises(OodflowError, match=r"file.gz: the server answers 404 Not Found: .*put it at .*set/file.gz\."):
        fetch(remote, root, progress=False)


def test_no_server(root):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OodflowError, match=r"cannot be downloaded \(.*refused.*\): .*put it at .*set/file") as error:
        fetch(Remote(f"http://127.0.0.1:{port}/file", MD5, "set/file"), root, progress=False)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_a_root_that_cannot_be_written(remote, root):
    (root / "set").write_text("in the way")
    with pytest.raises(OodflowError, match=r"file.gz cannot be written"):
        fetch(remote, root, progress=False)


def tar_of(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def serve_tar(server, content):
    server.files["/x.tar.gz"] = content
    checksum = "sha256:" + hashlib.sha256(content).hexdigest()
    return Remote(f"{server.url}/x.tar.gz", checksum, "set/x.tar.gz", unpack=True)


def test_unpacks(root, server):
    (root / "set/inside").mkdir(parents=True)
    (root / "set/inside/a").write_bytes(b"old")
    fetch(serve_tar(server, tar_of({"inside/a": b"1", "inside/b": b"2"})), root, progress=False)
    files = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert files == {"set/inside/a": b"1", "set/inside/b": b"2"}


def test_never_unpacks_to_another_place(root, server, tmp_path):
    with pytest.raises(OodflowError, match=r"x.tar.gz cannot be unpacked \(.*outside"):
        fetch(serve_tar(server, tar_of({"../../harm": b"1"})), root, progress=False)
    assert not list(tmp_path.rglob("harm"))


def test_never_unpacks_with_a_python_that_cannot_do_it_safely(root, server, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter")
    remote = serve_tar(server, tar_of({"inside/a": b"1"}))
    with pytest.raises(
        OodflowError, match=r"use Python 3\.11\.4 or newer, or unpack .*set/x.tar.gz by hand into .*set\."
    ):
        fetch(remote, root, progress=False)
    assert [path.name for path in (root / "set").iterdir()] == ["x.tar.gz"]  # kept, to be unpacked


def test_what_is_no_archive(root, server):
    with pytest.raises(OodflowError, match=r"x.tar.gz cannot be unpacked"):
        fetch(serve_tar(server, b"no archive"), root, progress=False)


def test_a_data_set(root, server, open_set):
    content = idx_bytes(random_images(20, 28, 28))
    server.files["/t10k"] = content
    md5 = hashlib.md5(content).hexdigest()
    remote = Remote(f"{server.url}/t10k", f"md5:{md5}", "mnist/t10k-images-idx3-ubyte")
    small = replace(SOURCES["mnist"], parts={"test": 20}, md5={"test": md5}, downloads=(remote,))
    with SOURCES.replacing("mnist", small):
        assert status("mnist", root).state == "missing"
        assert download("mnist", root, progress=False) == [root / "mnist/t10k-images-idx3-ubyte"]
        assert status("mnist", root).state == "ready"
        assert len(open_set("mnist")) == 20
        download("mnist", root, progress=False)
        assert len(server.asked) == 1  # what is complete is left alone


def test_a_partial_set_is_completed(root, server):
    old, new = random_images(5, 3, 32, 32), random_images(9, 3, 32, 32)
    path = write_cifar10(root, "test_batch", new)
    remote = serve_tar(server, tar_of({"cifar-10-batches-py/test_batch": path.read_bytes()}))
    served = replace(SOURCES["cifar10"], downloads=(replace(remote, path="cifar10/x.tar.gz"),))
    write_cifar10(root, "test_batch", old)
    assert status("cifar10", root).counts["test"] == 5
    with SOURCES.replacing("cifar10", served):
        assert download("cifar10", root, progress=False) == [path]
    assert status("cifar10", root).counts["test"] == 9


def test_built_in_sets_need_no_download(root):
    assert download("digits", root) == []
