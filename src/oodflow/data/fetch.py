"""Fetch files over unreliable networks: interrupted downloads go on where they stopped, and nothing wrong is kept."""

import http.client
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

from oodflow.data.source import Remote
from oodflow.errors import OodflowError

TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
PIECE = 1 << 16  # bytes; what an interruption may lose
Advance = Callable[[int, int | None], None]  # told the bytes there are and, if known, the bytes there will be


@dataclass(frozen=True)
class Limits:
    """What a server may ask of us.

    Attributes:
        most: bytes of a file.
        seconds: in each so many,
        least: so many bytes have to come.
    """

    most: int = 4 << 30
    seconds: float = 60.0
    least: int = 1 << 16


LIMITS = Limits()


def fetch(remote: Remote, root: Path, progress: bool = True, limits: Limits = LIMITS) -> Path:
    """Download a file to its place under ``root`` unless it is there already, and check it.

    Until it is complete it is kept as ``NAME.part``, from which the next attempt goes on.

    Raises:
        OodflowError: no network, the server refuses, sends too slowly or too much, the disk is full, or the checksum is
            wrong (the file is removed).
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    target = root / remote.path
    with _explained(remote, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        resuming = Resuming(target.with_name(f"{target.name}.part"), progress, limits)
        try:
            pooch.retrieve(remote.url, remote.checksum, target.name, target.parent, downloader=resuming)
        except requests.RequestException:  # some of which are ValueErrors, too
            raise
        except ValueError as error:  # how pooch says that the checksum is wrong
            raise OodflowError(
                f"{remote.url}: what came is not the expected file (its checksum should be {remote.checksum}) and was "
                "removed: try again, the server may have changed it."
            ) from error
        if remote.unpack:
            _unpack(target)
    return target


class Resuming:
    """A downloader for pooch that keeps what it has in a ``.part`` file and asks the server for the rest only."""

    def __init__(self, part: Path, progress: bool, limits: Limits = LIMITS) -> None:
        self.part, self.progress, self.limits = part, progress, limits

    def __call__(self, url: str, output_file: str, pooch: object = None, check_only: bool = False) -> None:
        """Download ``url`` to ``output_file``."""
        with _bar(url, self.progress) as advance:
            _Receiving(url, self.part, self.limits, advance).wait()
        self.part.replace(output_file)


class _Receiving(threading.Thread):
    """Receives in a thread that is left to itself where it hangs: no time limit of a socket is one of the whole.

    A server that sends a byte now and then, of headers or of the file, never exceeds it.
    """

    def __init__(self, url: str, part: Path, limits: Limits, advance: Advance) -> None:
        super().__init__(daemon=True)
        self.url, self.part, self.limits, self.advance = url, part, limits, advance
        self.received, self.given_up = 0, False
        self.error: Exception | None = None

    def wait(self) -> None:
        """Receive the file into its part; errors as requests has them."""
        self.start()
        try:
            while self.is_alive():
                before = self.received
                self.join(self.limits.seconds)
                if self.is_alive() and self.received - before < self.limits.least:
                    raise requests.ConnectionError(
                        f"{self.received - before:,} bytes came in {self.limits.seconds:g} seconds"
                    )
        finally:
            self.given_up = True
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        """Receive, and keep what goes wrong for whoever waits."""
        try:
            self._receive()
        except requests.RequestException as error:
            self.error = error
        except (http.client.HTTPException, urllib3.exceptions.HTTPError, ValueError) as error:
            self.error = requests.ConnectionError(f"what the server answers makes no sense: {error}")
        except Exception as error:
            self.error = error

    def _receive(self) -> None:
        have = self.part.stat().st_size if self.part.exists() else 0
        # A server that compressed the file on its way would make the sizes wrong.
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
        with requests.get(self.url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            told = response.headers.get("Content-Range", "")
            if response.status_code == requests.codes.requested_range_not_satisfiable and have:
                if told == f"bytes */{have}":
                    return  # the .part file is complete
                self.part.unlink()
                self._receive()
                return
            response.raise_for_status()
            if not told.startswith(f"bytes {have}-"):
                have = 0  # the server sends the whole file
            length = response.headers.get("Content-Length", "")
            total = have + int(length) if length.isdecimal() else None
            self._require_size(total or 0)
            with self.part.open("ab" if have else "wb") as file:
                while piece := response.raw.read1(PIECE):  # what has come, not only when there is a whole piece
                    if self.given_up:
                        return
                    have += file.write(piece)
                    file.flush()
                    self.received += len(piece)
                    self._require_size(have)
                    self.advance(have, total)
        if total is not None and have < total:
            raise requests.ConnectionError(f"the connection broke after {have:,} of {total:,} bytes")

    def _require_size(self, size: int) -> None:
        if size > self.limits.most:
            self.part.unlink(missing_ok=True)
            raise requests.ConnectionError(
                f"it sends {size:,} bytes or more, and no file is larger than {self.limits.most:,}"
            )


@contextmanager
def _bar(url: str, shown: bool) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), disable=not shown) as progress:
        task = progress.add_task(url.rsplit("/", 1)[-1], total=None)
        yield lambda have, total: progress.update(task, completed=have, total=total)


@contextmanager
def _explained(remote: Remote, target: Path) -> Iterator[None]:
    by_hand = f"try again (what has come is kept), or get it by other means and put it at {target}"
    try:
        yield
    except requests.HTTPError as error:
        answer = f"{error.response.status_code} {error.response.reason}"
        raise OodflowError(f"{remote.url}: the server answers {answer}: {by_hand}.") from error
    except requests.RequestException as error:
        raise OodflowError(f"{remote.url} cannot be downloaded ({_root_cause(error)}): {by_hand}.") from error
    except OSError as error:
        raise OodflowError(f"{target} cannot be written ({error.strerror}): free or name another place.") from error


def _root_cause(error: BaseException) -> str:
    """Find the shortest account of a failed connection, which is wrapped several times."""
    while inner := getattr(error, "reason", None) or error.__context__ or (error.args[0] if error.args else None):
        if not isinstance(inner, BaseException):
            break
        error = inner
    words = " ".join(str(error).split())  # which may be the server's own
    return "".join(letter if letter.isprintable() else "?" for letter in words)[:300]


def _unpack(archive: Path) -> None:
    """Unpack beside the archive, which is then removed; every file takes its place whole."""
    if not hasattr(tarfile, "data_filter"):  # without it an archive could write anywhere
        raise OodflowError(
            "this Python's tarfile can't unpack safely: use Python 3.11.4 or newer, or unpack "
            f"{archive} by hand into {archive.parent}."
        )
    try:
        with tempfile.TemporaryDirectory(dir=archive.parent) as name, tarfile.open(archive) as tar:
            tar.extractall(name, filter="data")  # refuses paths and links that lead out of the folder
            for file in (path for path in Path(name).rglob("*") if path.is_file()):
                place = archive.parent / file.relative_to(name)
                place.parent.mkdir(parents=True, exist_ok=True)
                file.replace(place)
    except (tarfile.TarError, EOFError) as error:
        raise OodflowError(f"{archive} cannot be unpacked ({error}): remove it and try again.") from error
    archive.unlink()
