"""Documents: text, tables and figures in sections, written once and rendered to Markdown or to a terminal.

>>> document = Document("Speed", (Paragraph(("Measured with ", Code("oodflow bench"), ".")), table(["a"], [["1 | 2"]])))
>>> print(as_markdown(document), end="")
# Speed
<BLANKLINE>
Measured with `oodflow bench`.
<BLANKLINE>
| a |
|---|
| 1 \\| 2 |
"""

from oodflow.document.markdown import as_markdown
from oodflow.document.model import (
    Align,
    Block,
    Bullets,
    CodeBlock,
    Document,
    Figure,
    Paragraph,
    Quote,
    Section,
    Table,
    table,
)
from oodflow.document.text import Code, Strong, Text, plain

__all__ = [
    "Align", "Block", "Bullets", "Code", "CodeBlock", "Document", "Figure", "Paragraph", "Quote", "Section", "Strong",
    "Table", "Text", "as_markdown", "plain", "table",
]  # fmt: skip
