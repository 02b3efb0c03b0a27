"""Runs to detect with, and what comes on standard input."""

import csv
import io
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import oodflow as package
from oodflow.runs.config import RunConfig
from oodflow.runs.run_dir import RunDir

NAMES = ["age", "weight", "height"]


@pytest.fixture(autouse=True)
def alone(own_folders):
    """Every test of this folder has folders of its own."""


@dataclass(frozen=True)
class Table:
    """A run over rows of three named columns, and rows that are as those it was trained on."""

    run: Path
    rows: np.ndarray


@pytest.fixture(scope="session")
def table_of(tmp_path_factory):
    """Make such a run with a flow over a domain."""

    def make(domain):
        folder = tmp_path_factory.mktemp("table")
        rows = np.random.default_rng(1).normal([40, 70, 1.7], [10, 8, 0.1], (600, 3))
        write_csv(folder / "people.csv", rows[:500])
        flow = package.fit("tabular", rows[:400], steps=3, progress=False, domain=domain, width=4, couplings=2)
        run = RunDir(folder / "run")
        config = {"recipe": "people", "scale": "cpu", "data": f"csv:{folder / 'people.csv'}", "training": None}
        run.write_config(RunConfig(**config, flow=flow.config))
        flow.save(run.weights_file)
        return Table(run.path, rows[500:])

    return make


@pytest.fixture(scope="session")
def trained_table(table_of):
    """The run, to be read only."""
    return table_of("standardised")


@pytest.fixture
def table(trained_table, tmp_path):
    """A copy of it, to do with as one likes."""
    return Table(Path(shutil.copytree(trained_table.run, tmp_path / "table")), trained_table.rows)


def write_csv(path, rows, names=NAMES):
    """Write rows as a spreadsheet would."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([*([names] if names else []), *rows.tolist()])
    return path


@pytest.fixture
def stdin(monkeypatch):
    """Let bytes come on standard input."""

    def give(stream):
        source = io.BytesIO(stream) if isinstance(stream, bytes) else stream
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=source))

    return give


@pytest.fixture
def detect(oodflow):
    """Detect with a rate that the ten held-out images of the runs of tests can promise."""

    def run(*arguments):
        return oodflow("detect", *arguments, *([] if "--fpr" in arguments else ["--fpr", 0.2]))

    return run


def lines_of(result):
    """Read what was printed: a dictionary for each datum, with numbers for numbers."""
    if result.out.startswith("{"):
        return [json.loads(line) for line in result.out.splitlines()]
    return [
        one | {name: None if one[name] == "" else float(one[name]) for name in ("row", "score", "p_value")}
        for one in csv.DictReader(io.StringIO(result.out))
    ]


def column(result, name):
    """Take one thing of every line."""
    return [line[name] for line in lines_of(result)]
