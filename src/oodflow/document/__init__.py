"""Documents: text, tables and figures in sections, written once and rendered to HTML, Markdown or a terminal.

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

from oodflow.document.html import as_html
from oodflow.document.markdown import as_markdown
from oodflow.document.model import (
    Align,
    Block,
    Bullets,
    CodeBlock,
    Distribution,
    Distributions,
    Document,
    Exhibit,
    Figure,
    Gallery,
    Paragraph,
    Quote,
    Roc,
    Sample,
    Section,
    Table,
    table,
    table_of_numbers,
)
from oodflow.document.text import Code, Picture, Strong, Text, plain

__all__ = [
    "Align", "Block", "Bullets", "Code", "CodeBlock", "Distribution", "Distributions", "Document", "Exhibit", "Figure",
    "Gallery", "Paragraph", "Picture", "Quote", "Roc", "Sample", "Section", "Strong", "Table", "Text", "as_html",
    "as_markdown", "plain", "table", "table_of_numbers",
]  # fmt: skip
