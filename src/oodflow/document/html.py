"""Documents as HTML: one page that carries its pictures, its looks and its script, and asks no network for anything."""

import base64
import hashlib
import json
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.resources import files
from math import isfinite
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from oodflow.document.model import Block, Distributions, Document, Gallery, Section
from oodflow.document.numbers import significant
from oodflow.document.plain import as_table
from oodflow.document.text import Code, Picture, Span, Strong, Text, plain, spans
from oodflow.errors import UsageError

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

KINDS = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
"""What a browser calls the pictures that a page may have, by the ending of their files."""

_PAGE = files("oodflow.document") / "page"


def as_html(document: Document, read: Callable[[str], bytes]) -> str:
    """Render a document as a page that stands alone: it can be opened from a disk, sent and printed.

    Nothing that stands in a text can become markup, and the page itself forbids its reader's browser to run any script
    but its own or to fetch anything.

    Args:
        document: what to render.
        read: gives the content of a picture, by its ``file``.

    Raises:
        UsageError: a picture is of another kind than ``KINDS``.

    Example:
        >>> from oodflow.document.model import Paragraph
        >>> page = as_html(Document("Speed", (Paragraph("a < b"),)), lambda file: b"")
        >>> "<h1>Speed</h1>" in page, "<p>a &lt; b</p>" in page
        (True, True)
    """
    style, script = ((_PAGE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return _environment(read).get_template("page.html").render(
        document=document, anchors=_anchors(document.blocks), style=style, script=script,
        digests={"style": _digest(style), "script": _digest(script)},
    )  # fmt: skip


def _environment(read: Callable[[str], bytes]) -> "Environment":
    from jinja2 import DictLoader, Environment, StrictUndefined
    from markupsafe import Markup

    templates = DictLoader({"page.html": (_PAGE / "page.html").read_text(encoding="utf-8")})
    made = Environment(
        autoescape=True, loader=templates, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def picture(shown: Picture, near: int) -> "Markup":
        return _picture(shown, read(shown.file), near)

    def source(file: str) -> str:
        return _data_uri(file, read(file))

    def text(shown: Text) -> "Markup":
        return Markup("").join(_span(span, picture) for span in spans(shown))

    made.filters |= {
        "as_table": as_table, "data": _data, "identity": id, "kind": lambda block: type(block).__name__,
        "picture": picture, "plain_text": plain, "significant": significant, "sortable": _sortable, "source": source,
        "text": text,
    }  # fmt: skip
    return made


IN_TEXT = 64  # pixels that a picture in a line or a cell comes near to


def _span(span: Span, picture: Callable[[Picture, int], "Markup"]) -> "Markup":
    from markupsafe import Markup

    match span:
        case Code(words):
            return Markup("<code>{}</code>").format(words)
        case Strong(words):
            return Markup("<strong>{}</strong>").format(words)
        case Picture():
            return picture(span, IN_TEXT)
        case _:
            return Markup("{}").format(span)


def _picture(picture: Picture, content: bytes, near: int) -> "Markup":
    """Show a picture, of a PNG each pixel as a square of whole pixels that make it about as wide as ``near``."""
    from markupsafe import Markup

    shown = Markup('<img class="picture" src="{}" alt="{}"').format(_data_uri(picture.file, content), picture.text)
    if content[1:4] == b"PNG":
        width, height = struct.unpack(">II", content[16:24])
        factor = max(1, round(near / max(width, 1)))
        shown += Markup(' width="{}" height="{}"').format(factor * width, factor * height)
    return shown + Markup(">")


def _data_uri(file: str, content: bytes) -> str:
    kind = KINDS.get(PurePosixPath(file).suffix.lower())
    if kind is None:
        raise UsageError(f"{file} can't be shown on a page: expected a picture that ends in {', '.join(KINDS)}.")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _anchors(blocks: Sequence[Block]) -> dict[int, str]:
    """Name the place of each section and gallery on the page, by its identity."""
    found: dict[int, str] = {}
    for part in _titled(blocks):
        readable = re.sub(r"\W+", "-", part.title.lower()).strip("-") or "part"
        found[id(part)] = f"{readable}-{len(found) + 1}"
    return found


def _titled(blocks: Sequence[Block]) -> Iterator[Section | Gallery]:
    for block in blocks:
        if isinstance(block, Section | Gallery):
            yield block
        if isinstance(block, Section):
            yield from _titled(block.blocks)
        if isinstance(block, Gallery):
            for exhibit in block.exhibits:
                yield from _titled(exhibit.details)


def _data(block: Distributions) -> "Markup":
    """Write what the page's script draws, as JSON that can't end the element that it stands in."""
    from jinja2.utils import htmlsafe_json_dumps

    scores = [asdict(score) for score in block.scores]
    for sample in (sample for score in scores for sample in score["samples"]):
        del sample["quantiles"]  # they stand in the table, and need not be finite
    return htmlsafe_json_dumps(scores, json.dumps, allow_nan=False, separators=(",", ":"))


def _sortable(values: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Leave out what JSON has no word for."""
    return [(name, value) for name, value in values if isfinite(value)]


def _digest(text: str) -> str:
    """Digest an element's content as a browser does."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
