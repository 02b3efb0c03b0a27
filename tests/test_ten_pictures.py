"""The paper in ten pictures: each is there, is what made it says, and no number stands beside it that no result has."""

import base64
import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "ten-pictures.md").read_text(encoding="utf-8")
PARTS = re.findall(r"^## (\d+)\. (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
MADE = re.compile(r"^\*(`.*)\*$", re.MULTILINE | re.DOTALL)


def test_there_are_ten_each_with_one_picture_and_what_made_it():
    assert [int(number) for number, _, _ in PARTS] == list(range(1, 11))
    for _, name, text in PARTS:
        assert len(re.findall(r"^!\[.+\]\(.+\.png\)$", text, re.MULTILINE)) == 1, name
        (made,) = MADE.findall(text)
        assert "commit" in made, name
        assert "seed" in made or "no training" in made, name


def test_pictures_of_notebooks_are_theirs():
    of_notebooks = 0
    for _, name, text in PARTS:
        (picture,) = re.findall(r"^!\[.+\]\((.+\.png)\)$", text, re.MULTILINE)
        (made,) = MADE.findall(text)
        for notebook in re.findall(r"\]\((\S+?\.ipynb)\)", made):
            of_notebooks += 1
            cells = json.loads((DOCS / notebook).read_text(encoding="utf-8"))["cells"]
            drawn = [
                base64.b64decode(output["data"]["image/png"])
                for cell in cells
                for output in cell.get("outputs", ())
                if "image/png" in output.get("data", ())
            ]
            assert (DOCS / picture).read_bytes() in drawn, f"{name} is none of {notebook}'s: copy it anew."
    assert of_notebooks == 5


@pytest.mark.parametrize(("number", "name", "text"), PARTS, ids=[name for _, name, _ in PARTS])
def test_numbers_are_those_of_the_results_that_are_named_beside_them(number, name, text):
    results = "".join(
        (DOCS / page).read_text(encoding="utf-8") for page in re.findall(r"\]\((\.\./results/\S+?\.md)\)", text)
    )
    prose = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", MADE.sub("", text))
    prose = re.sub(r"(?:Figures?|Tables?|sections?|appendix) [\w.]+(?:(?:,| and) \d+\w?)*", "", prose)
    for value in re.findall(r"(?<![\w-])−?\d[\d,]*\.?\d*(?!\w)", prose):
        assert re.search(rf"(?<![\d.]){re.escape(value)}(?![\d.]\d)", results), f"{number}. {name}: {value}"
    others = {"1": 4, "2": 1, "4": 2, "6": 2, "7": 4, "8": 3, "9": 4, "10": 4}
    assert len(re.findall(r"(?<![\w-])−?\d[\d,]*\.\d+", prose)) == others.get(number, 0)
