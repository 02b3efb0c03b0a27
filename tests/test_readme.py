"""The code of README and of what goes on from it runs, and its numbers are those that the program wrote."""

import re
from pathlib import Path

import numpy as np
import pytest

from front_pages import FRONT, README, ROOT

USE, SCORE, BUILD, DETECT = re.findall(r"```python\n(.*?)```", FRONT, re.DOTALL)


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the first piece of code leaves behind, in a folder of its own; it trains for less long here."""
    monkeypatch.chdir(tmp_path)
    assert "steps=500" in USE
    names: dict = {}
    exec(USE.replace("steps=500", "steps=2"), names)
    return names


def test_a_flow_is_trained_and_used_as_readme_says(names):
    assert names["log_prob"].shape == (32,)
    assert names["z"].shape == (32, 784)
    assert np.array_equal(names["flow"].decode(names["z"]), names["images"])
    assert names["samples"].shape == (16, 1, 28, 28)


def test_a_score_is_fitted_and_ranked_as_readme_says(names, capsys):
    exec(SCORE, names)
    assert 0 <= float(capsys.readouterr().out) <= 1


def test_the_flow_in_readme_is_one(names):
    exec(BUILD, names)
    assert np.isfinite(names["flow"].log_prob(names["images"])).all()
    assert names["flow"].config is None


def test_outliers_are_detected_as_readme_says(names):
    rows = np.random.default_rng(0).normal(size=(250, 3))
    names |= {"rows": rows[:200], "new_rows": rows[200:]}
    exec(DETECT.replace("FlowDetector()", "FlowDetector(steps=2)"), names)
    assert Path("detector/detector.json").exists()


def test_numbers_in_readme_are_those_in_results():
    written = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "results").glob("*.md"))
    rows = [line for line in FRONT.splitlines() if re.match(r"\| (.*, \w+|[\w-]+) \| (cpu|paper)|\| \w+, \d", line)]
    assert len(rows) >= 12
    for row in rows:
        assert row in written, row


def test_claims_in_readme_are_those_of_the_reproduction():
    page = (ROOT / "results" / "reproduction.md").read_text(encoding="utf-8")
    overview = re.search(r"(?:^\|.*\n)+", page, re.MULTILINE).group()
    assert overview.count("\n") > 20
    assert overview in README


def test_what_readme_says_of_the_demo_is_what_came_out():
    quote = " ".join(line.removeprefix("> ") for line in README.splitlines() if line.startswith("> "))
    assert quote
    assert f"> {quote}\n" in (ROOT / "results" / "demo.md").read_text(encoding="utf-8")


def test_every_file_that_readme_names_exists():
    for name in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / name).exists(), name
