"""What docs/detecting.md says is so."""

import re
from pathlib import Path

import numpy as np
import pytest

from oodflow.cli.parser import parse
from oodflow.deployment.detector import Finding

from .conftest import write_csv
from .test_export import needs_onnx

PAGE = (Path(__file__).parents[2] / "docs" / "detecting.md").read_text(encoding="utf-8")
(_FIRST, *_) = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line.split(" #")[0].split("oodflow ")[1] for line in _FIRST.splitlines() if "oodflow " in line]
DRIFT, USE, ONNX = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_column_has_a_row():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(Finding._fields)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_are_some(command):
    parse(command.split())


def test_drift():
    rng = np.random.default_rng(0)
    names = {"held_out_scores": rng.normal(size=200), "stream": [rng.normal(2, size=50)] * 2}
    exec(DRIFT, names)
    assert names["watch"].highest > 2 and names["capital"].shape == (50,)


@pytest.fixture
def here(table):
    """The names of the page: a run, and rows to ask about of which the second is far out."""
    Path("runs").mkdir()
    Path("runs/people").symlink_to(table.run)
    rows = np.stack([table.rows[0], [500, 70, 1.7]])
    write_csv(Path("today.csv"), rows)
    return rows


def test_in_python(here):
    names = {}
    exec(USE, names)
    assert [one[:2] for one in names["alarms"]] == [("today.csv", 1)]


@needs_onnx
def test_onnx(here, oodflow):
    assert oodflow("export", "runs/people", "people.onnx").code == 0
    names = {"rows": here}
    exec(ONNX, names)
    assert names["alarms"].tolist() == [False, True]
