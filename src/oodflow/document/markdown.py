"""Documents as Markdown, in GitHub's dialect. Nothing that stands in a text can become markup or break a table."""

import re
from collections.abc import Sequence

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
from oodflow.document.text import Code, Picture, Span, Strong, Text, spans

_MARKS = re.compile(r"[\\`*<~|]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])|\](?=\()")
"""What would begin markup inside of a line; underscores within a word, as in ``fashion_mnist``, do not."""

_IN_ALT = re.compile(r"[\\`*<~&_\[\]]")

_AT_START = re.compile(r"^(?:(?:#{1,6}|[-+])(?=\s|$)|>|[-=]+(?=\s*$)|\d+(?=[.)](?:\s|$))|\[(?=.*\]:))")
"""What would make a heading, list, quote, rule or reference of a line."""

_AT_END = re.compile(r"(?<!\S)#(?=#*$)")
"""What would be taken for the end of a heading, and not for a part of it."""


def as_markdown(document: Document) -> str:
    """Render a document; it ends with a line break."""
    heading = [_heading(document.title, 1)] if document.title else []
    return "\n\n".join([*heading, *_blocks(document.blocks, 2)]) + "\n"


def _blocks(blocks: Sequence[Block], level: int) -> list[str]:
    return [text for block in blocks for text in _block(block, level)]


def _block(block: Block, level: int) -> list[str]:
    match block:
        case Paragraph(text):
            return [_lines(text)]
        case Quote(text):
            return ["\n".join(f"> {line}" for line in _lines(text).splitlines())]
        case Bullets(items):
            return ["\n".join(f"- {_at_start(_inline(item))}" for item in items)]
        case CodeBlock(code, language):
            fence = "`" * max(3, 1 + _longest_run(code))
            return [f"{fence}{language}\n{code.rstrip()}\n{fence}"]
        case Table():
            return [_table(block)]
        case Figure():
            return [f"![{_alt(block.alt)}]({_target(block.file)})", *([_lines(block.caption)] if block.caption else [])]
        case Distributions() | Gallery():
            return _blocks(plain_form(block), level)
        case Section(title, inner):
            return [_heading(title, level), *_blocks(inner, level + 1)]


def _heading(title: str, level: int) -> str:
    return f"{'#' * level} " + _AT_END.sub(r"\\#", _inline(title))


def _table(table: Table) -> str:
    rule = "|".join({"left": "---", "right": "---:"}[align] for align in table.align)
    return "\n".join([_row(table.header), f"|{rule}|", *map(_row, table.rows)])


def _row(cells: Sequence[Text]) -> str:
    return "| " + " | ".join(_inline(cell, in_table=True) for cell in cells) + " |"


def _lines(text: Text) -> str:
    """Write a paragraph: a line break in it stays one, which Markdown shows as a space; empty lines would end it."""
    written = "".join(map(_span, spans(text)))
    return "\n".join(_at_start(line.strip()) for line in written.splitlines() if line.strip())


def _inline(text: Text, *, in_table: bool = False) -> str:
    """Write what must stay on one line."""
    return _one_line("".join(_span(span, in_table=in_table) for span in spans(text)))


def _span(span: Span, *, in_table: bool = False) -> str:
    match span:
        case Code(text):
            return _code(text, in_table)
        case Strong(text):
            return f"**{_escaped(_one_line(text))}**"
        case Picture(file, text):
            return f"![{_alt(text)}]({_target(file)})".replace("|", r"\|" if in_table else "|")
        case _:
            return _escaped(span)


def _code(text: str, in_table: bool) -> str:
    text, fence = _one_line(text), "`" * (1 + _longest_run(text))
    if len(fence) > 1:
        text = f" {text} "
    cut = text.replace("|", r"\|") if in_table else text  # a row is cut into cells before code is seen in it
    return f"{fence}{cut}{fence}"


def _longest_run(code: str) -> int:
    """Count the backticks that stand together: a fence must be longer."""
    return max((len(run) for run in re.findall("`+", code)), default=0)


def _one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n]\s*", " ", text)


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", text)


def _at_start(line: str) -> str:
    return _AT_START.sub(lambda found: found[0] + "\\" if found[0].isdecimal() else "\\" + found[0], line)


def _alt(text: str) -> str:
    return _IN_ALT.sub(r"\\\g<0>", _one_line(text))


def _target(file: str) -> str:
    """Write where a file is; in angle brackets where its name would end the place too soon."""
    return "<" + re.sub(r"[<>\\]", r"\\\g<0>", file) + ">" if re.search(r"[\s()<>]", file) else file
