"""Reports: a page, its twin and the pictures of the latter."""

import base64

import pytest

from oodflow.document import Document, Exhibit, Figure, Gallery, Paragraph, Picture, Section, table
from oodflow.errors import OodflowError
from oodflow.runs.pages import write_report

CONTENTS = {"curve.svg": b"<svg/>", "fish.png": b"a fish", "fins.png": b"its fins", "cell.png": b"a cell"}
FISH = Exhibit("fish", Picture("fish.png", "a fish"), (), (Figure("fins", "fins.png", "its fins"),))
DOCUMENT = Document(
    "Animals",
    (
        Section("All", (Figure("curve", "curve.svg", "a curve"), Gallery("Seen", (FISH,)))),
        table(["a"], [[Picture("cell.png", "a cell")]]),
        Paragraph(("Here it is again: ", Picture("fish.png", "a fish"))),
    ),
)


@pytest.mark.parametrize("name", ["all animals", "all animals.html", "all animals.md"])
def test_a_report_is_a_page_a_twin_and_what_that_shows(tmp_path, name):
    written = write_report(tmp_path / "new" / name, DOCUMENT, CONTENTS.__getitem__)
    files = {str(file.relative_to(tmp_path / "new")): file.read_bytes() for file in written}
    pictures = {name.partition("-pictures/")[2]: files.pop(name) for name in list(files) if "-pictures/" in name}
    assert set(files) == {"all animals.html", "all animals.md"}
    assert pictures == {name: content for name, content in CONTENTS.items() if name != "fins.png"}
    twin = files["all animals.md"].decode()
    assert "![a curve](<all animals-pictures/curve.svg>)" in twin
    assert twin.count("![a fish](<all animals-pictures/fish.png>)") == 2
    for content in CONTENTS.values():
        assert base64.b64encode(content) in files["all animals.html"]
    assert b"all animals-pictures" not in files["all animals.html"]


@pytest.mark.parametrize(
    "file", ["../figures/curve.svg", "/etc/curve.svg", "deep/er/curve.svg", "./curve.svg", "a curve.svg"]
)
def test_pictures_lie_in_one_folder_wherever_they_lay(tmp_path, file):
    document = Document("", (Figure("curve", file, "a curve"),))
    *_, picture = write_report(tmp_path / "new" / "page", document, {file: b"<svg/>"}.__getitem__)
    assert picture.parent == tmp_path / "new" / "page-pictures"
    assert picture.suffix == ".svg"
    assert (picture.name == "curve.svg") == (file == "./curve.svg")
    assert picture.read_bytes() == b"<svg/>"
    assert f"![a curve](page-pictures/{picture.name})" in (tmp_path / "new" / "page.md").read_text()


def test_what_can_not_be_read_leaves_nothing(tmp_path):
    with pytest.raises(KeyError):
        write_report(tmp_path / "new" / "animals", DOCUMENT, {}.__getitem__)
    assert not (tmp_path / "new").exists()


def test_what_can_not_be_written_leaves_nothing(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "animals-pictures").write_text("in the way")
    with pytest.raises(OodflowError, match="could not write"):
        write_report(tmp_path / "new" / "animals", DOCUMENT, CONTENTS.__getitem__)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["animals-pictures"]
