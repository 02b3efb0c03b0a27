"""What a document is made of. It knows nothing of how it is rendered, nor of what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from oodflow.document.text import Text
from oodflow.errors import UsageError

Align = Literal["left", "right"]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: Text


@dataclass(frozen=True)
class Quote:
    """A paragraph that is held apart, such as a conclusion."""

    text: Text


@dataclass(frozen=True)
class Bullets:
    """A list without order."""

    items: tuple[Text, ...]


@dataclass(frozen=True)
class CodeBlock:
    """Lines of code; ``language`` names what they are written in."""

    code: str
    language: str = ""


@dataclass(frozen=True)
class Table:
    """A table; see :func:`table`.

    Attributes:
        header: a name for each column.
        rows: of as many cells.
        align: of each column.
    """

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    align: tuple[Align, ...]


@dataclass(frozen=True)
class Figure:
    """A picture in a file beside the document.

    Attributes:
        name: what the document refers to it by.
        file: its place, relative to the document's.
        alt: what it shows, for who can't see it.
        caption: stands under it; empty: nothing.
    """

    name: str
    file: str
    alt: str
    caption: Text = ""


@dataclass(frozen=True)
class Section:
    """A part with a heading; sections in it are a level below."""

    title: str
    blocks: tuple["Block", ...]


Block = Paragraph | Quote | Bullets | CodeBlock | Table | Figure | Section


@dataclass(frozen=True)
class Document:
    """A page.

    Attributes:
        title: its heading; empty: it has none.
        blocks: what stands on it, from top to bottom.
    """

    title: str
    blocks: tuple[Block, ...]


def table(header: Sequence[Text], rows: Sequence[Sequence[Text]], align: Sequence[Align] = ()) -> Table:
    """Make a table; without ``align`` all columns are aligned left.

    Raises:
        UsageError: when a row, or ``align``, has another number of entries than the header.

    Example:
        >>> table(["set", "images"], [["mnist", "10,000"]], ["left", "right"]).rows
        (('mnist', '10,000'),)
    """
    aligned: tuple[Align, ...] = tuple(align or ["left" for _ in header])
    for name, entries in (("align", aligned), *(("a row", row) for row in rows)):
        if len(entries) != len(header):
            raise UsageError(f"{name} has {len(entries)} entries: expected {len(header)}, one for each column.")
    return Table(tuple(header), tuple(map(tuple, rows)), aligned)
