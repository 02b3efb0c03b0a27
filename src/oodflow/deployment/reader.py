"""What reads the data of one kind of flow."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, TypeVar

from oodflow.data import ImageSet, RealSet
from oodflow.data.sources.folder import ENDINGS
from oodflow.deployment.datum import Datum, Stream
from oodflow.deployment.standard_input import Lines
from oodflow.errors import OodflowError
from oodflow.files import path_of

STDIN = "-"
Some = TypeVar("Some", bound=Datum | None)


class Reader(ABC):
    """Reads files into data that a flow can be asked about.

    Attributes:
        holds: the set that data are put into.
        batch_size: how many go through the flow at once, unless told otherwise.
    """

    holds: ClassVar[type[ImageSet] | type[RealSet]]
    batch_size: ClassVar[int]

    @abstractmethod
    def read(self, path: Path) -> Iterator[Datum]:
        """Read a file or a folder.

        Raises:
            OodflowError: it can't be read, or not to its end.
            OSError: the same.
        """

    def files(self, path: Path) -> Iterator[Path]:
        """List the files that :meth:`read` reads of a folder, in its order, or the file itself."""
        return filter(self.reads, files_in(path)) if path.is_dir() else iter([path])

    @abstractmethod
    def reads(self, path: Path) -> bool:
        """Whether a file of a folder is one that is read, by its name."""

    def holds_one(self, path: Path) -> bool:
        """Whether a file holds a single datum, by its name."""
        return path.suffix.lower() in ENDINGS

    @abstractmethod
    def read_rows(self, lines: Lines) -> Stream:
        """Read rows from standard input; errors as :meth:`read`.

        Raises:
            UsageError: no such data come as rows.
        """

    def read_all(self, files: Iterable[str], lines: Lines, *, names: bool) -> Stream:
        """Read files one after the other; what can't be read is told of and left out.

        Args:
            files: their paths; ``-`` is standard input.
            lines: of standard input.
            names: whether these name files; otherwise they are rows.
        """
        for file in files:
            if file == STDIN and names:
                yield from self._named(lines)
            else:
                yield from guarded(file, self.read_rows(lines) if file == STDIN else self.read(path_of(file)))

    def _of_folder(self, folder: Path, what: str) -> Iterator[Datum]:
        """Read all files of a folder and those in it that hold data; ``what`` says which, where there are none."""
        found = False
        for path in self.files(folder):
            found = True
            yield from guarded(str(path), self.read(path))
        if not found:
            raise OodflowError(f"{folder}: no {what}.")

    def _named(self, lines: Lines) -> Stream:
        for line in lines:
            if name := line.rstrip("\r\n"):
                yield from guarded(name, self._of_name(name))
            if lines.drained:
                yield None

    def _of_name(self, name: str) -> Iterator[Datum]:
        """Read what a line names, which is a path as on the command line; errors as :meth:`read`."""
        yield from self.read(path_of(name))


def files_in(folder: Path) -> Iterator[Path]:
    """Walk through a folder, those in it after what lies in itself; what is hidden is left out."""
    for place, inside, files in os.walk(folder, onerror=_raise):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))


def _raise(error: OSError) -> None:
    raise error


def guarded(file: str, data: Iterable[Some]) -> Iterator[Some | Datum]:
    """Turn an error that ends the reading of a file into a datum that tells of it."""
    try:
        yield from data
    except OodflowError as error:
        yield Datum(file, None, None, str(error).rstrip("."))
    except OSError as error:
        yield Datum(file, None, None, f"{file}: {error.strerror or error}")
