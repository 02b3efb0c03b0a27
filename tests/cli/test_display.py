"""Where a document goes: laid out on a terminal, as Markdown into a pipe, and into files that appear together."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from oodflow.cli import display


@pytest.fixture
def evaluated(oodflow, run):
    assert oodflow("evaluate", run).code == 0
    return run


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("verb", ["evaluate", "compare"])
def test_a_terminal_is_filled_and_not_more(oodflow, evaluated, sets, monkeypatch, verb, width):
    console = Console(file=io.StringIO(), force_terminal=True, no_color=True, width=width, markup=False, soft_wrap=True)
    monkeypatch.setattr(display, "result_console", console)
    assert oodflow(verb, evaluated).code == 0
    lines = console.file.getvalue().splitlines()
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines]
    assert max(map(len, lines)) <= width
    folded = "".join("".join(lines).split())
    assert "|---" not in folded
    assert "AUROC" in folded


def test_a_pipe_gets_markdown(oodflow, evaluated, sets):
    out = oodflow("evaluate", evaluated).out
    assert (
        "| data set (images) | bits/dim | AUROC % [95 % CI] | AUPR-in | AUPR-out | FPR95 | ms/image |\n|---|---:|"
        in out
    )
    assert f"| {sets.outside} (40) |" in out


def test_page_and_data_appear_together_or_not_at_all(oodflow, evaluated, tmp_path):
    (tmp_path / "page.json").mkdir()
    result = oodflow("compare", evaluated, "--write", tmp_path / "page")
    assert result.code == 1
    assert "could not write" in result.error
    assert not (tmp_path / "page.md").exists()


def test_a_name_breaks_no_table(oodflow, run, sets, tmp_path):
    folder = tmp_path / "a|b *c* `d`"
    folder.mkdir()
    strange = folder / "x<y>.npy"
    strange.write_bytes(Path(sets.outside.removeprefix("npy:")).read_bytes())
    assert oodflow("evaluate", run, "--ood", f"npy:{strange}").code == 0
    page = oodflow("compare", run).out
    rows = [line for line in page.splitlines() if "x\\<y>.npy |" in line]
    assert rows
    assert all("a\\|b \\*c\\* \\`d\\`" in row for row in rows)
    assert len({line.replace("\\|", "").count("|") for line in page.split("\n\n")[1].splitlines()}) == 1


@pytest.mark.parametrize("verb", [["data", "list"], ["train", "--list"]])
def test_lists_break_no_word_on_a_narrow_terminal(oodflow, monkeypatch, verb):
    console = Console(file=io.StringIO(), force_terminal=True, no_color=True, width=40, markup=False, soft_wrap=True)
    monkeypatch.setattr(display, "result_console", console)
    monkeypatch.setenv("OODFLOW_DATA", "data")
    assert oodflow(*verb).code == 0
    text = re.sub(r"\x1b\[[\d;]*m", "", console.file.getvalue())
    assert max(map(len, text.splitlines())) <= 40
    wide = Console(file=io.StringIO(), width=500, markup=False, soft_wrap=True)
    monkeypatch.setattr(display, "result_console", wide)
    assert oodflow(*verb).code == 0
    words = wide.file.getvalue().split()
    assert "".join(text.split()) == "".join(words)
    assert {word for word in words if len(word) <= 40} <= set(text.split())  # longer ones, as addresses, are folded
