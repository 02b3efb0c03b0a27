"""What a document is made of. It knows nothing of how it is rendered, nor of what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from oodflow.document.text import Picture, Text
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


@dataclass(frozen=True)
class Roc:
    """A receiver operating characteristic.

    Attributes:
        fpr: shares of false alarms, from 0 to 1.
        tpr: what is found at each.
        auroc: the area below, from 0 to 1.
    """

    fpr: tuple[float, ...]
    tpr: tuple[float, ...]
    auroc: float


@dataclass(frozen=True)
class Sample:
    """How the values of a score lie in one data set.

    Attributes:
        name: of the set.
        counts: of each bin.
        below: how many values lie below the first bin.
        above: how many lie above the last.
        quantiles: the 5 %, 50 % and 95 % quantile.
        roc: how well the score tells this set from the first; none: it is the first.
    """

    name: str
    counts: tuple[int, ...]
    below: int
    above: int
    quantiles: tuple[float, float, float]
    roc: Roc | None = None

    @property
    def size(self) -> int:
        """How many values there are."""
        return sum(self.counts) + self.below + self.above


@dataclass(frozen=True)
class Distribution:
    """A score over several data sets, in bins that all of them share.

    Attributes:
        name: of the score.
        axis: what its values are, with their unit.
        edges: of the bins, one more than there are.
        samples: the in-distribution set first.
    """

    name: str
    axis: str
    edges: tuple[float, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Distributions:
    """Histograms and ROC curves of several scores, of which a reader chooses.

    Attributes:
        title: names them all; empty: they have none.
        scores: each with the same sets; one at least.
        caption: stands under them; empty: nothing.
    """

    title: str
    scores: tuple[Distribution, ...]
    caption: Text = ""


@dataclass(frozen=True)
class Exhibit:
    """A picture of a gallery, and what is to be seen when it is looked at closely.

    Attributes:
        title: names it, shortly.
        picture: itself.
        values: by name, numbers that a gallery may be sorted by.
        details: what else there is to say and see; a page shows them on demand, plain forms leave them out.
    """

    title: str
    picture: Picture
    values: tuple[tuple[str, float], ...] = ()
    details: tuple["Block", ...] = ()


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side.

    Attributes:
        title: names them all; empty: they have none.
        exhibits: in their order.
        caption: stands under them; empty: nothing.
    """

    title: str
    exhibits: tuple[Exhibit, ...]
    caption: Text = ""


Block = Paragraph | Quote | Bullets | CodeBlock | Table | Figure | Section | Distributions | Gallery


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


def table_of_numbers(header: Sequence[Text], rows: Sequence[Sequence[Text]], texts: int = 1) -> Table:
    """Make a table whose first columns, so many, are of texts, and all others of numbers.

    Example:
        >>> table_of_numbers(["set", "images"], [["mnist", "10,000"]]).align
        ('left', 'right')
    """
    align: list[Align] = ["left" if place < texts else "right" for place in range(len(header))]
    return table(header, rows, align)
