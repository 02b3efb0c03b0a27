"""Documents as HTML: read back by a parser, every text is what it was, none becomes markup, and nothing is fetched."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from oodflow.document import (
    Bullets,
    Code,
    CodeBlock,
    Distribution,
    Distributions,
    Document,
    Exhibit,
    Figure,
    Gallery,
    Paragraph,
    Picture,
    Quote,
    Roc,
    Sample,
    Section,
    Strong,
    as_html,
    table,
)
from oodflow.errors import UsageError

from .test_markdown import NASTY

HOSTILE = [
    "</script><img src=x onerror=alert(1)>", "<script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' autofocus '",
    "<!--", "-->", "]]>", "&lt;b&gt;", "{{ 7 * 7 }}", "{% raw %}", "</title>", "</style>", "caf\udce9", "\u2028",
]  # fmt: skip
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page as a list of elements: their names, attributes and what stands in them, with all that is within."""

    def __init__(self, text):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(text)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", "within": [one["tag"] for one in self._open], **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open[-1]["tag"] == tag, (self._open[-1], tag)
        self._open.pop()

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def all(self, *tags):
        return [element for element in self.elements if element["tag"] in tags]

    def texts(self, *tags):
        return [element["text"].strip() for element in self.all(*tags)]


def page_of(*blocks, title="A page"):
    return Page(as_html(Document(title, blocks), lambda file: PIXEL))


def distributions(name="likelihood", of="photographs"):
    roc = Roc((0.0, 0.5, 1.0), (0.0, 0.75, 1.0), 0.625)
    samples = (Sample(of, (1, 2, 0), 0, 1, (0.1, 1.5, 2.0)), Sample("digits", (0, 1, 7), 0, 0, (1.0, 2.5, 2.9), roc))
    return Distributions("Scores", (Distribution(name, "bits/dim", (0.0, 1.0, 2.0, 3.0), samples),), "Of two sets.")


def gallery(text="no. 3"):
    details = (Paragraph(text), table([text], [[Picture("map.png", text)]]))
    exhibits = tuple(Exhibit(text, Picture(f"{i}.png", text), ((text, i / 2), ("b", -i)), details) for i in range(2))
    return Gallery(text, exhibits, text)


def test_every_block_is_there():
    page = page_of(
        Paragraph(("plain ", Code("code"), Strong("strong"))), Quote("quoted"), Bullets(("one", Code("two"))),
        CodeBlock("a <- 1\n", "r"), table(["set", "AUROC"], [["mnist", "7.1"]], ["left", "right"]),
        Figure("curve", "curve.png", "a curve", "Its caption."), Section("Part", (Section("Inner", ()),)),
        Section("B", ()), distributions(), gallery(),
    )  # fmt: skip
    assert page.texts("h1") == ["A page"] == page.texts("title")
    assert page.texts("h2") == ["Part", "B", "Scores", "no. 3"]
    assert page.texts("h3") == ["Inner"]
    assert page.texts("main")[0].startswith("A page")
    assert page.all("html")[0]["lang"] == "en"
    assert "plain codestrong" in page.texts("p")
    assert [one["text"] for one in page.all("code")] == ["code", "two", "a <- 1"]
    assert page.texts("strong") == ["strong"]
    assert page.texts("blockquote") == ["quoted"]
    assert [one["text"] for one in page.all("li") if "main" in one["within"]] == ["one", "two"]
    assert page.texts("th")[:2] == ["set", "AUROC"]
    assert {"tag": "td", "text": "7.1", "class": "right short"}.items() <= page.all("td")[1].items()
    assert page.texts("figcaption") == ["Its caption.", "Of two sets."]
    figure = next(one for one in page.all("img") if one["alt"] == "a curve")
    assert base64.b64decode(figure["src"].removeprefix("data:image/png;base64,")) == PIXEL


def test_headings_leave_no_level_out():
    page = page_of(Section("a", (Section("b", (gallery(),)),)), Section("c", (distributions(),)))
    levels = [int(one["tag"][1]) for one in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels == [1, 2, 3, 4, 2, 3]


def test_contents_lead_to_their_sections():
    page = page_of(Section("Same", (Section("Same", ()),)), Section("<b>", ()), gallery())
    places = {one["id"]: one["text"] for one in page.elements if "id" in one}
    links = [one for one in page.all("a") if "nav" in one["within"]]
    assert [one["text"] for one in links] == ["Same", "Same", "<b>"]
    assert [places[one["href"].removeprefix("#")] for one in links] == ["Same", "Same", "<b>"]
    assert len({one["href"] for one in links}) == 3
    assert not page_of(Section("Alone", ())).all("nav")


def everything(text):
    """A page of every block, with a text wherever there can be one."""
    return page_of(
        Paragraph(text), Paragraph((Code(text), Strong(text), Picture("p.png", text))), Quote(text), Bullets((text,)),
        CodeBlock(text), table([text], [[text]]), Figure(text, "f.png", text, text), Section(text, (Paragraph(text),)),
        Section(text, ()), distributions(text, text), gallery(text), title=text,
    )  # fmt: skip


@pytest.mark.parametrize("text", [*HOSTILE, *NASTY])
def test_no_text_becomes_markup(text):
    page, harmless = everything(text), everything("x")
    assert [one["tag"] for one in page.elements] == [one["tag"] for one in harmless.elements]
    assert [sorted(one) for one in page.elements] == [sorted(one) for one in harmless.elements]
    assert page.texts("h1") == [text.strip()]
    assert text.strip() in page.texts("p")
    assert text.strip() in page.texts("td")
    assert text in [one["alt"] for one in page.all("img")]
    shown = [one for one in page.all("script") if one.get("type") == "application/json"]
    assert json.loads(shown[0]["text"])[0]["name"] == text
    values = [json.loads(one["data-values"]) for one in page.all("details") if "data-values" in one]
    assert values == [[[text, 0.0], ["b", 0]], [[text, 0.5], ["b", -1]]]


def test_it_asks_no_network_and_runs_its_own_script_alone():
    page = page_of(Section("a", (distributions(), gallery())), Section("b", (Figure("f", "f.svg", "f"),)))
    for element in page.elements:
        for name in ("src", "href"):
            assert element.get(name, "#").startswith(("#", "data:")), element
        assert not [name for name in element if name.startswith("on") or name == "style"], element
    (policy,) = [one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    for tag in ("style", "script"):
        (own,) = [one for one in page.all(tag) if one.get("type") is None]
        digest = base64.b64encode(hashlib.sha256(own["text"].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "http" not in re.sub(
        r"http://www\.w3\.org/2000/svg|http-equiv", "", as_html(Document("", ()), lambda file: b"")
    )


@pytest.mark.parametrize("title", ["", "Scores"])
def test_all_that_is_drawn_stands_in_a_table_and_all_pictures_are_told(title):
    page = page_of(replace(distributions(), title=title), gallery())
    cells = page.texts("td")
    for cell in ("photographs (4)", "digits (8)", "▄█·", "·▂█", "62.5", "2.5"):
        assert cell in cells, cell
    assert all(one["alt"] for one in page.all("img"))
    assert all("open" in one for one in page.all("details") if one.get("class") == "numbers")


def test_pictures_are_enlarged_by_whole_numbers():
    def png(width, height):
        return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4)

    for width, height, shown in [(28, 28, "56"), (16, 8, "64"), (64, 64, "64"), (300, 10, "300"), (1, 1, "64")]:
        text = as_html(Document("", (Paragraph(Picture("p.png", "p")),)), lambda file, size=(width, height): png(*size))
        (image,) = Page(text).all("img")
        assert image["width"] == shown
        assert int(image["height"]) * width == int(image["width"]) * height
    text = as_html(Document("", (Paragraph(Picture("p.svg", "p")),)), lambda file: b"<svg/>")
    assert "width" not in Page(text).all("img")[0]


def test_the_same_document_makes_the_same_page():
    pages = {as_html(Document("", (distributions(), gallery())), lambda file: PIXEL) for _ in range(2)}
    assert len(pages) == 1


def test_a_picture_of_another_kind_is_refused():
    with pytest.raises(UsageError, match=r"film.gif can't be shown on a page: expected a picture that ends in .png"):
        page_of(Figure("film", "film.gif", "a film"))


def test_a_number_that_is_none_is_refused():
    broken = Distribution("s", "s", (0.0, float("nan")), (Sample("a", (1,), 0, 0, (0.0, 0.0, 0.0)),))
    with pytest.raises(ValueError, match="JSON"):
        page_of(Distributions("", (broken,)))


COLOURS = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")


def luminance(colour):
    """Of WCAG 2.2: the share of white's."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted(map(luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_what_wcag_calls_aa():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)
    style = (files("oodflow.document") / "page" / "page.css").read_text(encoding="utf-8")
    themes = [dict(COLOURS.findall(theme)) for theme in re.findall(r":root \{(.*?)\}", style, re.DOTALL)]
    assert len(themes) == 2 and themes[0].keys() == themes[1].keys()
    for theme in themes:
        for ground in ("paper", "raised"):
            for name in ("ink", "muted", "accent"):
                assert contrast(theme[name], theme[ground]) >= 4.5, (name, ground, theme[name])
            assert contrast(theme["edge"], theme[ground]) >= 3
        series = [name for name in theme if name.startswith("series-")]
        assert len(series) == 8
        for name in series:
            assert contrast(theme[name], theme["paper"]) >= 3, name
