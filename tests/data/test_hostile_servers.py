"""Servers that never end, trickle, lie or talk nonsense: one sentence each, and nothing takes the file's place."""

import hashlib
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from oodflow.data import SOURCES, Remote, download
from oodflow.data.fetch import Limits, fetch
from oodflow.errors import OodflowError

from .layouts import idx_bytes, random_images

OK = b"HTTP/1.1 200 OK\r\n"
LIMITS = Limits(most=100_000, seconds=0.2, least=1000)
DONE = threading.Event()


def over_and_over(piece, pause=0.0):
    def answer(send):
        while True:
            send(piece)
            DONE.wait(pause)

    return answer


def after(start, rest):
    def answer(send):
        send(start)
        rest(send)

    return answer


def says(content):
    return lambda send: send(content)


def silent(send):
    threading.Event().wait(1)


ANSWERS = {
    "without an end": (after(OK + b"\r\n", over_and_over(bytes(10_000))), "no file is larger than 100,000"),
    "of a length that is too large": (says(OK + b"Content-Length: 999999999999999\r\n\r\n"), "no file is larger"),
    "byte by byte": (after(OK + b"\r\n", over_and_over(b"x", 0.01)), "bytes came in 0.2 seconds"),
    "a piece of a long chunk": (
        after(OK + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n", over_and_over(b"x", 0.01)), "came in 0.2 seconds"
    ),
    "headers byte by byte": (after(OK, over_and_over(b"X", 0.01)), "0 bytes came in 0.2 seconds"),
    "nothing": (silent, "0 bytes came in 0.2 seconds"),
    "no HTTP": (says(b"\x00\xff\xfe SSH-2.0\r\n\r\n"), "cannot be downloaded"),
    "an end at once": (says(b""), "cannot be downloaded"),
    "too many headers": (says(OK + b"X: y\r\n" * 500 + b"\r\n"), "cannot be downloaded"),
    "a header that is too long": (says(OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n"), "cannot be downloaded"),
    "a length that is none": (says(OK + b"Content-Length: abc\r\n\r\nshort"), "is not the expected file"),
    "a negative length": (says(OK + b"Content-Length: -5\r\n\r\nshort"), "not the expected file|cannot be downloaded"),
    "two lengths": (says(OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nshort"), "cannot be downloaded"),
    "more than there is": (says(OK + b"Content-Length: 500\r\n\r\nshort"), "cannot be downloaded"),
    "less than there is": (says(OK + b"Content-Length: 2\r\n\r\nshort"), "is not the expected file"),
    "a chunk that is none": (says(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nshort"), "cannot be downloaded"),
    "another place": (says(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"), "cannot be downloaded"),
    "no place": (says(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n"), "cannot be downloaded"),
    "itself": (says(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\n\r\n"), "30 redirects"),
    "another piece": (says(b"HTTP/1.1 206 OK\r\nContent-Range: bytes 9-1/x\r\n\r\nshort"), "not the expected file"),
    "a strange status": (says(b"HTTP/1.1 999 \r\n\r\n"), "the server answers 999|not the expected file"),
}  # fmt: skip


@contextmanager
def served(answer):
    """Answer whoever connects, whatever they ask."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        ended = threading.Event()

        def serve():
            while not ended.is_set():
                with suppress(TimeoutError):
                    threading.Thread(target=one, args=(listening.accept()[0],), daemon=True).start()

        def one(connection):
            with suppress(OSError), connection:
                connection.recv(10_000)

                def send(content):
                    if ended.is_set():
                        raise OSError
                    connection.sendall(content)

                answer(send)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/file.gz"
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("begun", [False, True])
def test_a_server_that_answers(root, kind, begun):
    answer, message = ANSWERS[kind]
    if begun:
        (root / "set").mkdir()
        (root / "set/file.gz.part").write_bytes(b"beg")
    with served(answer) as url, pytest.raises(OodflowError, match=message) as error:
        fetch(Remote(url, "md5:" + "0" * 32, "set/file.gz"), root, progress=False, limits=LIMITS)
    assert url in str(error.value)
    assert "\n" not in str(error.value)
    assert {path.name for path in (root / "set").iterdir()} <= {"file.gz.part"}
    part = root / "set/file.gz.part"
    assert not part.exists() or part.stat().st_size <= LIMITS.most + 100_000


def test_a_full_disk(root, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("oodflow.data.fetch.Path.open", full)
    with (
        served(says(OK + b"\r\nshort")) as url,
        pytest.raises(OodflowError, match=r"cannot be written \(No space left"),
    ):
        fetch(Remote(url, "md5:" + "0" * 32, "set/file.gz"), root, progress=False, limits=LIMITS)


def test_two_at_once(root):
    """One waits for the other, and finds what that has got."""
    content = idx_bytes(random_images(5, 28, 28))
    asked, said, files = [], [], []

    def answer(send):
        asked.append(1)
        send(OK + b"Content-Length: %d\r\n\r\n" % len(content) + content[:100])
        while not said:
            DONE.wait(0.01)
        send(content[100:])

    with served(answer) as url:
        remote = Remote(url, "md5:" + hashlib.md5(content).hexdigest(), "notmnist/t10k-images-idx3-ubyte")

        def get():
            files.append(download("notmnist", root, progress=False, say=said.append))

        with SOURCES.replacing("notmnist", replace(SOURCES["notmnist"], downloads=(remote,))):
            threads = [threading.Thread(target=get) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len(asked) == 1
    assert len(files) == 2
    assert files[0] == files[1] == [root / "notmnist/t10k-images-idx3-ubyte"]
    assert files[0][0].read_bytes() == content
    (line,) = said
    assert "is being downloaded by process" in line
    assert [path.name for path in (root / "notmnist").iterdir()] == ["t10k-images-idx3-ubyte"]
