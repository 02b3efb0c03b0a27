"""Text that says what of it is code and what is strong; all else is meant as it stands, whatever characters it has."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """What someone types, or reads letter by letter: a command, a fingerprint."""

    text: str


@dataclass(frozen=True)
class Strong:
    """What the eye should find."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A small picture in a line or a cell.

    Attributes:
        file: its place, relative to the document's.
        text: what it shows, for who can't see it.
    """

    file: str
    text: str


Span = str | Code | Strong | Picture

Text = Span | tuple[Span, ...]
"""What may stand in a paragraph, an item of a list or a cell."""


def spans(text: Text) -> tuple[Span, ...]:
    """Take a text apart."""
    return text if isinstance(text, tuple) else (text,)


def plain(text: Text) -> str:
    """Give a text without its marks.

    Example:
        >>> plain((Strong("seed"), " of ", Code("train")))
        'seed of train'
    """
    return "".join(span if isinstance(span, str) else span.text for span in spans(text))


def joined(parts: Sequence[Text], between: str) -> Text:
    """Put texts into one.

    Example:
        >>> joined(["a", Code("b")], ", ")
        ('a', ', ', Code(text='b'))
    """
    together: list[Span] = []
    for i, part in enumerate(parts):
        together += [between, *spans(part)] if i else spans(part)
    return tuple(together)
