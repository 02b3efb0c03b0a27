"""What a data set must tell about itself: where it comes from, how it lies on disk, and how to read it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from oodflow.data.image_set import Images, Shape
from oodflow.data.real_set import Reals
from oodflow.data.selection import Selection
from oodflow.errors import UsageError


@dataclass(frozen=True)
class Remote:
    """A file to download.

    Args:
        url: where it is.
        checksum: ``"md5:…"`` or ``"sha256:…"`` of the file as downloaded.
        path: where it goes, relative to the data root.
        unpack: whether it is a tar archive that is unpacked beside itself and then removed.
    """

    url: str
    checksum: str
    path: str
    unpack: bool = False


class Source(ABC):
    """A data set, of images (:class:`ImageSource`) or rows of numbers (:class:`TableSource`).

    To add one, write a subclass of one of these in a file of its own and one line in ``SOURCES``.

    A *part* is what the set comes in, such as the official ``train`` and ``test`` of MNIST; *splits* are dealt from
    parts by ``oodflow.data.splits``. A source knows parts only, and never deals by itself unless the deal needs
    knowledge of the set (then it offers a ``calibration`` part of its own). ``oodflow.testing.sources.check_source``
    is the contract in code.

    Attributes:
        name: what users type.
        description: one line.
        licence: of the data; "none stated" where there is none.
        shape: of an image, ``(C, H, W)``, or of a row, ``(D,)``; None if only the files know.
        parts: the parts and the official number of images or rows of each (None: whatever is there).
        downloads: the files to get; none for generated sets and for those that must be got by hand.
        by_hand: what to get and where to put it, for sets that cannot be downloaded.
        built_in: True if the images are made, not read from files under the data root.
        unit: what there are many of, for messages.
        own: True of a user's own data, which may grow: splits are dealt by content.
    """

    name: str
    description: str
    licence: str
    shape: tuple[int, ...] | None
    parts: Mapping[str, int | None]
    downloads: tuple[Remote, ...] = ()
    by_hand: str = ""
    built_in: bool = False
    unit: str = "images"
    own: bool = False

    @abstractmethod
    def files(self, part: str, root: Path) -> list[Path]:
        """Files under ``root`` that the part is read from; an empty list if they are not there."""

    def places(self, part: str) -> tuple[str, ...]:
        """Where a part's file, or its first, may lie under the data root, the usual place first."""
        return ()

    @abstractmethod
    def count(self, part: str, root: Path) -> int:
        """Count the images or rows on disk."""

    @abstractmethod
    def read(self, part: str, root: Path) -> None:
        """Read all of a part and keep nothing, to see that it can be read; errors as those of ``chunks``."""

    def note(self, part: str, root: Path) -> str:
        """What a reader of results must know about this copy of the part, beside its size."""
        return ""

    def taken(self, part: str, root: Path) -> str:
        """What of the files that are there is taken and what is left out, as far as a reader would not expect it.

        Asked whenever the part is opened, for what is left out may change while what is taken does not.
        """
        return ""

    def doubts(self, part: str, root: Path) -> list[str]:
        """What is wrong with files that can be read all the same, one sentence each; to be partial is not wrong.

        Asked when the part is decoded, and then said in the note of its images.
        """
        return []


class ImageSource(Source):
    """A set of images.

    Attributes:
        reading: how the files are read beside a shape, in the words of the spec. It tells copies in the cache apart.
        options: those of a selection of tables that it has as well.
    """

    shape: Shape | None
    reading: str = ""
    options: frozenset[str] = frozenset()

    @abstractmethod
    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode the part: uint8 ``[n,C,H,W]`` of the wanted shape, a few megabytes at a time.

        Raises:
            OodflowError: a file is truncated, corrupt or not what its name says.
        """

    def as_they_are(self, part: str, root: Path) -> Iterator[Images]:
        """Decode the part, brought to no shape; overridden where images need not be of one, which a chunk's must."""
        return self.chunks(part, root, self.shape)

    def count(self, part: str, root: Path) -> int:
        """Count the images on disk; overridden where a header knows."""
        return sum(len(chunk) for chunk in self.chunks(part, root, self.shape))

    def read(self, part: str, root: Path) -> None:
        """Decode all images."""
        for _ in self.chunks(part, root, self.shape):
            pass

    def in_place(self, part: str, root: Path, shape: Shape | None) -> Images | None:
        """Images ``[N,C,H,W]`` memory-mapped where they lie, if they need no decoding."""
        return None


class TableSource(Source):
    """A set of rows of numbers, in columns that may have names.

    Attributes:
        selection: what of the files is read, in the words of the spec; empty: all. It tells copies in the cache apart.
    """

    shape: tuple[int] | None = None
    unit = "rows"
    selection: str = ""

    def selecting(self, selection: Selection) -> "TableSource":
        """Make the source of some columns and rows of this one; overridden by sources that have such.

        Raises:
            UsageError: this set has no such columns or classes.
        """
        if selection.used:
            raise UsageError(f"{self.name} is read as a whole: leave {', '.join(selection.used)} out.")
        return self

    def named(self, selection: Selection) -> Selection:
        """Write a selection with one name for each class; overridden where classes have several."""
        return selection

    def width(self, root: Path) -> int:
        """How many numbers a row has, without reading them; overridden where that is not always the same."""
        if self.shape is None:
            raise TypeError(f"{type(self).__name__} has no shape of its own: override width.")
        return self.shape[0]

    @abstractmethod
    def columns(self, part: str, root: Path) -> tuple[str, ...]:
        """Names of the columns of the rows, in their order; none if the files name none."""

    @abstractmethod
    def chunks(self, part: str, root: Path) -> Iterator[Reals]:
        """Read the part: finite ``[n,D]``, all float32 or all float64, a few megabytes at a time.

        Raises:
            OodflowError: a file is damaged, or something in it is no finite number; says where.
        """

    def count(self, part: str, root: Path) -> int:
        """Count the rows; overridden where there is a faster way."""
        return sum(len(chunk) for chunk in self.chunks(part, root))

    def read(self, part: str, root: Path) -> None:
        """Read all rows."""
        for _ in self.chunks(part, root):
            pass


AnySource = ImageSource | TableSource


class BuiltIn(ImageSource):
    """A source whose images are made at the wanted shape, the same on every machine."""

    built_in = True

    @abstractmethod
    def images(self, part: str, shape: Shape) -> Images:
        """Make all images of the part, uint8 ``[n,C,H,W]``."""

    def files(self, part: str, root: Path) -> list[Path]:
        """Nothing is read from the data root."""
        return []

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """All images at once."""
        wanted = shape or self.shape
        if wanted is None:
            raise TypeError(f"{type(self).__name__} has no shape of its own: set the class attribute `shape`.")
        yield self.images(part, wanted)
