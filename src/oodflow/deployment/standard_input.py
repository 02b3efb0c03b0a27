"""Lines of a stream that may never end, as they arrive."""

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from oodflow.data.tables.csv_file import LINE
from oodflow.errors import OodflowError

PIECE = 1 << 16  # bytes asked for at a time: what a pipe holds


class Bytes(Protocol):
    """A stream of bytes, such as ``sys.stdin.buffer``."""

    def read1(self, size: int, /) -> bytes:
        """Read what is there, or wait until something is; nothing at the end."""


class Lines(Iterator[str]):
    r"""Lines of a stream in UTF-8, each with its end; what is no UTF-8 is escaped as in file names.

    Args:
        stream: where they come from.

    Example:
        >>> import io
        >>> lines = Lines(io.BytesIO(b"one\ntwo"))
        >>> next(lines), lines.drained, next(lines)
        ('one\n', True, 'two')
    """

    def __init__(self, stream: Bytes) -> None:
        self._stream = stream
        self._whole: deque[bytes] = deque()
        self._rest = b""

    @property
    def drained(self) -> bool:
        """Whether the next line has yet to arrive."""
        return not self._whole

    def __next__(self) -> str:
        while not self._whole:
            if not (piece := self._stream.read1(PIECE)):
                if not self._rest:
                    raise StopIteration
                self._whole.append(self._rest)
                self._rest = b""
                break
            *whole, self._rest = (self._rest + piece).splitlines(keepends=True)
            if self._rest.endswith(b"\n"):
                whole, self._rest = [*whole, self._rest], b""
            if len(self._rest) > LINE:
                raise OodflowError(f"standard input: a line is longer than {LINE:,} characters: this is no text")
            self._whole.extend(whole)
        return self._whole.popleft().decode("utf-8", "surrogateescape")
