"""Documents on terminals of several widths."""

import io

import pytest
from rich.console import Console

from oodflow.document import Bullets, Code, CodeBlock, Document, Figure, Paragraph, Quote, Section, Strong, table
from oodflow.document.terminal import fits, show

WORDS = "A paragraph of many words that is longer than a narrow terminal is wide, and then\nsome more."
NARROW = table(["set", "AUROC %"], [["fashion_mnist", "5.1 [4.8, 5.3]"]], ["left", "right"])
WIDE = table([f"quantity {i}" for i in range(12)], [["row", *(f"{i}.25" for i in range(10)), ""]])
DOCUMENT = Document(
    "Title",
    (
        Paragraph((WORDS, " ", Code("oodflow [bold] --option"), " ", Strong("strong"))),
        Quote(WORDS),
        Bullets((WORDS, "short :smile:")),
        CodeBlock("oodflow bench"),
        Section("Section", (NARROW, WIDE, Figure("f", "figure.png", "a figure", "Its caption."))),
    ),
)


def shown(document, width):
    stream = io.StringIO()
    show(document, Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=True))
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits(width):
    lines = shown(DOCUMENT, width).splitlines()
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for words in ("Title", "Section", "oodflow [bold] --option", "short :smile:", "Figure: a figure (figure.png)"):
        assert words in text, words
    assert "many words that is longer than a narrow terminal" in text


def test_a_table_that_does_not_fit_is_told_row_by_row():
    assert fits(NARROW, 40)
    assert not fits(WIDE, 80)
    assert [line.rstrip() for line in shown(Document("", (WIDE,)), 80).splitlines()] == [
        "row", *(f"  quantity {i}: {i - 1}.25" for i in range(1, 11)),
    ]  # fmt: skip


def test_a_table_that_fits_keeps_its_words_whole():
    rows = [["fashion_mnist (10,000)", "65.3 [64.5, 66.0]", "a claim of a good many words, so that it is wrapped"]]
    text = shown(Document("", (table(["set (images)", "AUROC %", "claim"], rows),)), 40)
    for word in ("fashion_mnist", "(10,000)", "66.0]", "wrapped"):
        assert word in text, word


def test_a_path_without_spaces_is_folded():
    path = "npy:/" + "folder/" * 20 + "images.npy"
    lines = shown(Document("", (table(["set", "images"], [[path, "7"]]),)), 40).splitlines()
    assert max(map(len, lines)) <= 40
    folded = "".join(line.split()[0] for line in lines if line.strip() and "─" not in line)
    assert path in folded
