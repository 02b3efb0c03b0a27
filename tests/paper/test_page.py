"""How a reproduction reads."""

import pytest

from oodflow.document import as_html, as_markdown
from oodflow.paper.claims import Checked, Measured
from oodflow.paper.page import reproduction_document
from oodflow.paper.reproduction import Reproduced, Reproduction, Rest
from oodflow.runs.provenance import provenance


def checked(**other):
    values = {
        "says": "digits are likelier", "place": "4", "unit": "AUROC, %", "low": None, "high": 50.0, "paper": 10.8,
        "learned_nothing": 97.0, "why": "Because.", "digits": 1, "measured": Measured(values={0: 5.0, 1: 6.0, 2: 7.0}),
        "verdict": "holds", "reason": "",
    }  # fmt: skip
    values |= other
    measured = values["measured"]
    seen = {"interval": measured.interval, "resolution": measured.resolution} if measured else {}
    return Checked(**{"interval": None, "resolution": None, **seen, **values})


def reproduced(*claims, rests=None):
    return Reproduced(
        title="Small", place="Figure 0", about="It.", claims=claims, pictures=(), distributions={}, rests=rests or {}
    )


def page(*experiments):
    record = Reproduction(
        provenance=provenance("oodflow reproduce small"), scale="cpu", seeds=(0, 1, 2), encoder=None, figures="figures",
        experiments=dict(zip("abc", experiments, strict=False)),
    )  # fmt: skip
    assert Reproduction.parse(record.as_dict()) == record
    return as_markdown(reproduction_document(record, "All"))


def row(text, begin="| 1 | digits are likelier"):
    return next(line for line in text.splitlines() if line.startswith(begin))


def test_a_claim_stands_beside_the_papers_number_and_what_learned_nothing():
    cells = [cell.strip() for cell in row(page(reproduced(checked()))).strip("|").split("|")]
    assert cells == [
        "1", "digits are likelier (4)", "**holds**", "6.0 [3.5, 8.5]", "10.8", "below 50.0", "97.0", "3.1", "AUROC, %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (None, 50.0, "below 50.0"),
        (50.0, None, "above 50.0"),
        (45.0, 55.0, "45.0 to 55.0"),
        (4.0, 4.0, "4.0"),
        (None, None, "10.8 | 97.0"),
    ],
)
def test_what_is_expected_is_written_as_a_range(low, high, told):
    assert f"| {told} |" in page(reproduced(checked(low=low, high=high)))


def test_verdicts_are_counted_by_experiment_and_in_all():
    missing = checked(measured=None, verdict="not run", reason="the moon is not at hand")
    text = page(reproduced(checked(), missing, missing), reproduced(checked(verdict="does not hold")))
    assert "Of 4 claims, holds: 1, does not hold: 1, not run: 2." in text
    assert row(text, "| Figure 0").endswith("| 1 |  |  | 2 |")


def test_notes_are_told_once_with_the_numbers_of_their_claims():
    missing = checked(measured=None, verdict="not run", reason="the moon is not at hand", why="")
    text = page(reproduced(checked(), missing, checked(), missing))
    assert "- Range of 1, 3: Because.\n" in text
    assert "- Not run, 2, 4: the moon is not at hand\n" in text


def test_columns_that_say_nothing_are_left_out():
    text = page(reproduced(checked(paper=None, learned_nothing=None)))
    assert "|  | claim | verdict | measured [95 %] | expected | resolution | what |" in text


def test_one_experiment_gives_its_page_its_name():
    assert page(reproduced(checked())).startswith("# Figure 0: Small\n")
    several = page(reproduced(checked()), reproduced(checked()))
    assert several.startswith("# All\n")
    assert several.count("## Figure 0: Small\n") == 2


def test_what_it_rests_on_names_commands_commits_and_data():
    rest = Rest(commands=("oodflow train it",), commit="abc", date="2026-01-02T03:04:05+00:00", data=("mnist test",))
    text = page(reproduced(checked(), rests={"one": rest}))
    assert "- `oodflow train it` (commit abc, 2026-01-02)" in text
    assert "- mnist test" in text


def test_hostile_texts_stay_texts():
    text = page(reproduced(checked(says="a | b <script>alert(1)</script>")))
    assert r"a \| b \<script" in text
    record = Reproduced(
        title="<b>", place="", about="<img onerror=x>", claims=(), pictures=(), distributions={}, rests={}
    )
    made = Reproduction(
        provenance=provenance("it"), scale="cpu", seeds=(0,), encoder=None, figures="f", experiments={"x": record}
    )
    html = as_html(reproduction_document(made), lambda file: b"")
    assert "<img onerror" not in html
    assert "&lt;img onerror" in html
