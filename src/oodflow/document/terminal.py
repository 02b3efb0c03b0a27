"""Documents on a terminal, however narrow: a table that does not fit is told row by row."""

from collections.abc import Callable, Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Line

from oodflow.document.model import (
    Block,
    Bullets,
    CodeBlock,
    Distributions,
    Document,
    Figure,
    Gallery,
    Paragraph,
    Quote,
    Section,
    Table,
)
from oodflow.document.plain import plain_form
from oodflow.document.text import Code, Picture, Strong, Text, plain, spans

_WORD = 18  # cells of a word that a column must have room for, two for a wide letter; a longer word is folded


def show(document: Document, console: Console) -> None:
    """Print a document at the width of a console."""
    if document.title:
        console.print(Line(document.title, style="bold underline"), soft_wrap=False)
        console.print()
    for i, renderable in enumerate(_blocks(document.blocks, console.width)):
        if i:
            console.print()
        console.print(renderable, soft_wrap=False)


def _blocks(blocks: Sequence[Block], width: int) -> Iterator[RenderableType]:
    for block in blocks:
        match block:
            case Paragraph(text):
                yield _line(text)
            case Quote(text):
                yield Padding(_line(text), (0, 0, 0, 2), style="italic")
            case Bullets(items):
                yield _bullets(items)
            case CodeBlock(code):
                yield Padding(Line(code.rstrip(), style="cyan"), (0, 0, 0, 2))
            case Table():
                yield _grid(block, width) if fits(block, width) else _told(block)
            case Figure():
                yield _line((Strong("Figure"), f": {block.alt} ({block.file})"))
                if block.caption:
                    yield _line(block.caption)
            case Distributions() | Gallery():
                yield from _blocks(plain_form(block), width)
            case Section(title, inner):
                yield Line(title, style="bold")
                yield from _blocks(inner, width)


def fits(table: Table, width: int) -> bool:
    """Tell whether the words of a table's columns can stand beside each other within so many cells."""
    return _together(_widths(table, _longest_word)) <= width


def _grid(table: Table, width: int) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name, align, own in zip(table.header, table.align, _shared_out(table, width), strict=True):
        grid.add_column(_line(name), justify=align, overflow="fold", width=own)
    for row in table.rows:
        grid.add_row(*map(_line, row))
    return grid


def _shared_out(table: Table, width: int) -> list[int]:
    """Share a width out: the widest column gives way first, none beyond its words, nor numbers if that can be."""
    own = _widths(table, cell_len)
    least = _widths(table, _longest_number)
    if _together(least) > width:
        least = _widths(table, _longest_word)
    while _together(own) > width:
        _, widest = max((own[i], i) for i in range(len(own)) if own[i] > least[i])
        own[widest] -= 1
    return own


def _together(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1) + 1  # two between columns, and one that rich leaves after the last


def _widths(table: Table, measure: Callable[[str], int]) -> list[int]:
    columns = zip(table.header, *table.rows, strict=True)
    return [max(measure(_flowing(plain(cell))) for cell in column) for column in columns]


def _longest_word(text: str) -> int:
    return min(_WORD, max(map(cell_len, text.split()), default=0))


def _longest_number(text: str) -> int:
    """Measure what should not be broken: a number with its interval, and words."""
    return _longest_word(text) if any(map(str.isalpha, text)) else cell_len(text)


def _told(table: Table) -> Grid:
    """Lay each row out as lines of its own, under its first cell."""
    lines = Grid.grid(padding=0)
    lines.add_column(overflow="fold")
    for i, (first, *others) in enumerate(table.rows):
        if i:
            lines.add_row("")
        lines.add_row(_line(("", *spans(first)), style="bold"))
        for name, cell in zip(table.header[1:], others, strict=True):
            if plain(cell):
                lines.add_row(Padding(_line((f"{plain(name)}: ", *spans(cell))), (0, 0, 0, 2)))
    return lines


def _bullets(items: Sequence[Text]) -> Grid:
    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column()
    grid.add_column(overflow="fold")
    for item in items:
        grid.add_row("-", _line(item))
    return grid


def _line(text: Text, style: str = "") -> Line:
    line = Line(style=style, overflow="fold")
    for span in spans(text):
        match span:
            case Code(code):
                line.append(_flowing(code), style="cyan")
            case Strong(words):
                line.append(_flowing(words), style="bold")
            case Picture(text=alt):
                line.append(_flowing(alt), style="italic")
            case _:
                line.append(_flowing(span))
    return line


def _flowing(text: str) -> str:
    """Let a line break be a space: the terminal has a width of its own."""
    return text.replace("\n", " ")
