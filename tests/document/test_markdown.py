"""Documents as Markdown: read back by a parser, every text is what it was, and no text becomes markup."""

import numpy as np
import pytest
from markdown_it import MarkdownIt

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
    as_markdown,
    table,
)
from oodflow.errors import UsageError

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

NASTY = [
    "a | b", "`code`", "**bold** and *thin*", "<b>html</b>", "_thin_ but fashion_mnist", "[name](target)", "~~gone~~",
    "&amp; and &", "# title", "- item", "+ item", "1. item", "2) item", "> quote", "---", "===", "\\", "\\|", "a\\",
    "folder:my*|`files`?shape=1x28x28", "x<y", "![picture](x.png)", "[[", "__init__", "``", "<!-- -->", "    indented",
    "[name]: target", "ends in #", "ends in ##", "C#",
]  # fmt: skip


def parsed(document):
    return PARSER.parse(as_markdown(document))


def inline(tokens, inside):
    """The tokens of each text that stands directly in something, such as a cell."""
    return [
        tokens[i + 1].children for i, token in enumerate(tokens) if token.type == f"{inside}_open" and tokens[i + 1]
    ]


def text_of(children):
    """What a reader sees: it must be made of nothing but text."""
    assert {child.type for child in children} <= {"text", "text_special", "softbreak"}, children
    return "".join(" " if child.type == "softbreak" else child.content for child in children)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_becomes_markup(text):
    tokens = parsed(Document(text, (Paragraph(text), Section(text, (Bullets((text, text)), Quote(text))))))
    kinds = [token.type for token in tokens if token.type.endswith("_open") and token.type != "paragraph_open"]
    assert kinds == [
        "heading_open", "heading_open", "bullet_list_open", "list_item_open", "list_item_open", "blockquote_open",
    ]  # fmt: skip
    for where in ("paragraph", "heading"):
        assert {text_of(children) for children in inline(tokens, where)} == {text.strip()}


@pytest.mark.parametrize("text", [*NASTY, "two\nlines", "two\r\n\r\nparagraphs"])
def test_no_text_breaks_a_table(text):
    tokens = parsed(Document("", (table(["name", text], [[text, "1"], ["b", Code("c")]]),)))
    assert [token.type for token in tokens].count("tr_open") == 3
    head, body = inline(tokens, "th"), inline(tokens, "td")
    assert (len(head), len(body)) == (2, 4)
    assert text_of(head[1]) == text_of(body[0]) == " ".join(text.split())


def test_random_text_is_read_back():
    rng = np.random.default_rng(0)
    letters = list("ab_*`<>|[]()!\\&#-+~1. ;:")
    for _ in range(500):
        text = "x" + "".join(rng.choice(letters, size=12)) + "x"
        tokens = parsed(Document("", (Paragraph(text), table(["a"], [[text]]))))
        assert text_of(inline(tokens, "paragraph")[0]) == text
        assert text_of(inline(tokens, "td")[0]) == text


@pytest.mark.parametrize("code", ["train --seed 1", "a|b", "`", "``x``", "*", "<b>", "two\nlines"])
def test_code_is_read_letter_by_letter(code):
    document = Document("", (Paragraph(Code(code)), table(["a", "b"], [[Code(code), "c"]])))
    tokens = parsed(document)
    (paragraph,), (cell, other) = inline(tokens, "paragraph"), inline(tokens, "td")
    for (child,) in (paragraph, cell):
        assert (child.type, child.content) == ("code_inline", code.replace("\n", " "))
    assert text_of(other) == "c"


def test_what_is_strong_is_strong():
    (children,) = inline(parsed(Document("", (Paragraph((Strong("a*b"), " c")),))), "paragraph")
    opening, *inside, closing, after = [child for child in children if child.content or child.nesting]
    assert (opening.type, closing.type) == ("strong_open", "strong_close")
    assert (text_of(inside), after.content) == ("a*b", " c")


def test_a_line_break_in_a_paragraph_begins_nothing():
    tokens = parsed(Document("", (Paragraph("one\n- two\n\n# three\n> four\n==="),)))
    (children,) = inline(tokens, "paragraph")
    assert text_of(children) == "one - two # three > four ==="


@pytest.mark.parametrize("file", ["a.png", "my figure (1).png", "a<b>.png"])
def test_a_figure_is_an_image_with_a_caption(file):
    tokens = parsed(Document("", (Figure("one", file, "a [b", "Below."),)))
    (picture,), caption = inline(tokens, "paragraph")
    assert (picture.type, text_of(picture.children)) == ("image", "a [b")
    assert picture.attrs["src"].replace("%20", " ").replace("%3C", "<").replace("%3E", ">") == file
    assert text_of(caption) == "Below."


def test_blocks_stand_apart_and_sections_below_one_another():
    inner = Section("Inner", (CodeBlock("```\nx", "sh"),))
    page = as_markdown(Document("Title", (Paragraph("a"), Section("Outer", (Paragraph("b"), inner)))))
    assert page == "# Title\n\na\n\n## Outer\n\nb\n\n### Inner\n\n````sh\n```\nx\n````\n"


def test_a_table_says_how_its_columns_are_aligned():
    page = as_markdown(Document("", (table(["a", "b"], [["c", "d"]], ["left", "right"]),)))
    assert page == "| a | b |\n|---|---:|\n| c | d |\n"


@pytest.mark.parametrize(("rows", "align"), [([["a"]], ()), ([["a", "b", "c"]], ()), ([], ["left"])])
def test_a_row_that_is_too_short_or_too_long_is_refused(rows, align):
    with pytest.raises(UsageError, match="expected 2, one for each column"):
        table(["a", "b"], rows, align)


def test_distributions_are_a_table():
    samples = (
        Sample("a|b", (1, 2, 0), 0, 1, (0.1, 1.5, 2.0)),
        Sample("digits", (0, 1, 7), 0, 0, (1.0, 2.5, 2.9), Roc((0.0, 1.0), (0.0, 1.0), 0.5)),
    )
    scores = (Distribution("likelihood", "bits/dim", (0.0, 1.0, 2.0, 3.0), samples),)
    tokens = parsed(Document("", (Distributions("Scores", scores, "A caption."),)))
    cells = [text_of(children) for children in inline(tokens, "td")]
    assert cells == [
        "likelihood", "a|b (4)", "▄█·", "0", "3", "0.1", "1.5", "2", "",
        "likelihood", "digits (8)", "·▂█", "0", "3", "1", "2.5", "2.9", "50.0",
    ]  # fmt: skip
    assert text_of(inline(tokens, "paragraph")[1]) == "A caption."


@pytest.mark.parametrize("text", NASTY)
def test_a_gallery_is_a_table_of_pictures(text):
    exhibit = Exhibit(text, Picture("a (1).png", text), (("bits/dim", 1.25), ("b", 2.0)), (Paragraph("never shown"),))
    tokens = parsed(Document("", (Gallery("Most likely", (exhibit, exhibit)),)))
    pictures = [one for children in inline(tokens, "td") for one in children if one.type == "image"]
    assert [(one.attrs["src"], one.content) for one in pictures] == [("a%20(1).png", pictures[0].content)] * 2
    assert text_of(pictures[0].children) == text
    assert [one.content for one in tokens if one.type == "inline"][-3:] == ["bits/dim", "1.25", "1.25"]
    assert "never shown" not in as_markdown(Document("", (Gallery("", (exhibit,)),)))
