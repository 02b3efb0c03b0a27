"""Documents on terminals of several widths."""

import io

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

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
    Sample,
    Section,
    Strong,
    table,
)
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


def test_numbers_stay_with_their_intervals_where_there_is_room():
    rows = [[f"set {i} of many words", "65.3 [64.5, 66.0]", "66.0"] for i in range(2)]
    narrow = table(["a set of images", "AUROC % [95 % interval]", "paper"], rows)
    assert all("65.3 [64.5, 66.0]" in line for line in shown(Document("", (narrow,)), 40).splitlines() if "65" in line)
    assert "65.3 [64.5, 66.0]" not in shown(Document("", (narrow,)), 30)


@pytest.mark.parametrize("letter", ["x", "写"])
def test_what_fits_breaks_no_word(letter):
    rng = np.random.default_rng(0)
    for _ in range(100):
        words = [[letter * length for length in rng.integers(1, 9, 3)] for _ in range(12)]
        cells = [" ".join(row) for row in words]
        one = table(cells[:4], [cells[4:8], cells[8:]])
        width = next(width for width in range(200) if fits(one, width))
        lines = shown(Document("", (one,)), width).splitlines()
        assert max(map(cell_len, lines)) <= width
        found = sorted(word for line in lines for word in line.split() if "─" not in word)
        assert found == sorted(word for row in words for word in row)


def test_what_a_page_lets_one_choose_from_is_told_in_tables():
    samples = (Sample("photographs", (1, 2, 0), 0, 1, (0.1, 1.5, 2.0)),)
    scores = Distributions("Scores", (Distribution("likelihood", "bits/dim", (0.0, 1.0, 2.0, 3.0), samples),), "All.")
    exhibit = Exhibit("no. 3", Picture("3.png", "a three"), (("bits/dim", 2.5), ("typicality", 9.0)), (Paragraph("z"),))
    text = shown(Document("", (scores, Gallery("Most likely", (exhibit,)))), 120)
    for words in ("Scores", "photographs (4)  ▄█·", "All.", "Most likely", "a three", "bits/dim  2.5"):
        assert words in " ".join(text.split("\n")), words
    assert "typicality" not in text


def test_a_path_without_spaces_is_folded():
    path = "npy:/" + "folder/" * 20 + "images.npy"
    lines = shown(Document("", (table(["set", "images"], [[path, "7"]]),)), 40).splitlines()
    assert max(map(len, lines)) <= 40
    folded = "".join(line.split()[0] for line in lines if line.strip() and "─" not in line)
    assert path in folded


def test_a_line_break_in_a_cell_has_the_width_of_a_space():
    lines = shown(Document("", (table(["a\nb", "c"], [["1\n2", "3"]]),)), 40).splitlines()
    assert [line.split() for line in lines if "─" not in line] == [["a", "b", "c"], ["1", "2", "3"]]
