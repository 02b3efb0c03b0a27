"""reStructuredText."""

from collections.abc import Sequence


def title(text: str, line: str) -> str:
    r"""Underline a title.

    >>> title("Flows", "=")
    'Flows\n=====\n'
    """
    return f"{text}\n{line * len(text)}\n"


def literal(text: object) -> str:
    """Write code; nothing where there is none."""
    return f"``{text}``" if str(text) else ""


def plain(text: str) -> str:
    r"""Write text as it is; only what stands between single backticks is code.

    >>> print(plain("*.md; see `oodflow data list`"))
    \*.md; see ``oodflow data list``
    """
    return text.replace("*", r"\*").replace("|", r"\|").replace("`", "``")


def table(*rows: Sequence[str]) -> str:
    """Write a table, whose first row is its head, and whose cells may hold markup."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for first, *others in rows:
        lines += [f"   * - {_line(first)}", *(f"     - {_line(cell)}" for cell in others)]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())
