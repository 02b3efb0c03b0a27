"""Plain forms: what stands on a page that nobody can click on, in place of what a reader chooses from."""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar, cast

from oodflow.document.model import (
    Block,
    Distribution,
    Distributions,
    Document,
    Gallery,
    Paragraph,
    Section,
    Table,
    table,
    table_of_numbers,
)
from oodflow.document.numbers import number, significant
from oodflow.document.text import Strong, Text

CELLS = 18  # of a histogram in letters: as long as the longest word that a narrow terminal leaves whole
_HEIGHTS = "▁▂▃▄▅▆▇█"


def plain_form(block: Distributions | Gallery) -> tuple[Block, ...]:
    """Write a block as tables.

    Example:
        >>> from oodflow.document.model import Exhibit
        >>> from oodflow.document.text import Picture
        >>> fish = Exhibit("fish", Picture("fish.png", "a fish"), (("weight", 2.5),))
        >>> plain_form(Gallery("Animals", (fish,)))[1].rows
        (('', Picture(file='fish.png', text='a fish')), ('weight', '2.5'))
    """
    title, caption = (
        [Paragraph(text)] if text else [] for text in (block.title and Strong(block.title), block.caption)
    )
    return (*title, as_table(block), *caption)


def as_table(block: Distributions | Gallery) -> Table:
    """Write a block as a table, without its title and caption."""
    if isinstance(block, Gallery):
        return _side_by_side(block)
    header = ["score", "set", "histogram", "from", "to", "5 %", "median", "95 %", "AUROC %"]
    return table_of_numbers(header, [row for score in block.scores for row in _rows(score)], texts=3)


def _rows(score: Distribution) -> list[list[Text]]:
    ends = [significant(score.edges[0]), significant(score.edges[-1])]
    return [
        [
            score.name, f"{sample.name} ({sample.size:,})", letters(sample.counts), *ends,
            *map(significant, sample.quantiles), "" if sample.roc is None else number(100 * sample.roc.auroc, 1),
        ]
        for sample in score.samples
    ]  # fmt: skip


def letters(counts: Sequence[int]) -> str:
    """Draw a histogram with letters; a point where there is nothing.

    Example:
        >>> letters([0, 1, 4, 8, 8, 0])
        '·▁▄██·'
    """
    steps = min(CELLS, len(counts))
    starts = [place * len(counts) // steps for place in range(steps + 1)]
    sums = [sum(counts[start:stop]) for start, stop in pairwise(starts)]
    highest = max(*sums, 1)
    return "".join(_HEIGHTS[(len(_HEIGHTS) * height - 1) // highest] if height else "·" for height in sums)


def _side_by_side(block: Gallery) -> Table:
    """Put pictures side by side, and below each the value that names first."""
    names = dict.fromkeys(name for exhibit in block.exhibits for name, _ in exhibit.values[:1])
    rows: list[list[Text]] = [["", *(exhibit.picture for exhibit in block.exhibits)]]
    for name in names:
        values = [dict(exhibit.values).get(name) for exhibit in block.exhibits]
        rows.append([name, *("" if value is None else significant(value) for value in values)])
    return table(["", *(exhibit.title for exhibit in block.exhibits)], rows)


def in_plain_form(document: Document) -> Document:
    """Write everything that a reader would choose from as tables."""
    return Document(document.title, _in_plain_form(document.blocks))


def _in_plain_form(blocks: Sequence[Block]) -> tuple[Block, ...]:
    found: list[Block] = []
    for block in blocks:
        match block:
            case Distributions() | Gallery():
                found += plain_form(block)
            case Section(title, inner):
                found.append(Section(title, _in_plain_form(inner)))
            case _:
                found.append(block)
    return tuple(found)


Part = TypeVar("Part")


def with_files(part: Part, place: Callable[[str], str]) -> Part:
    """Say anew where the files of all pictures in a document, or a part of one, lie.

    Example:
        >>> from oodflow.document.text import Picture
        >>> with_files(Paragraph(Picture("fish.png", "a fish")), "animals/{}".format).text.file
        'animals/fish.png'
    """
    if isinstance(part, tuple):
        return cast(Part, tuple(with_files(one, place) for one in part))
    if not is_dataclass(part) or isinstance(part, type):
        return part
    named: dict[str, Any] = {field.name: getattr(part, field.name) for field in fields(part)}
    return replace(
        part, **{name: place(one) if name == "file" else with_files(one, place) for name, one in named.items()}
    )
