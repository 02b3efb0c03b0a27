"""Pieces of Markdown pages."""

from collections.abc import Sequence


def line(cells: Sequence[str]) -> str:
    """Write a row of a table.

    Example:
        >>> line(["a", "b"])
        '| a | b |'
    """
    return "| " + " | ".join(cells) + " |"
