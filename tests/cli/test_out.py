"""Runs in folders that can't be written: what comes of them goes elsewhere, and is found there."""

import json
import os

import pytest

import oodflow as package


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def locked(run, monkeypatch):
    """A run whose folder the system would not let us write to."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(run) and access(path, mode))
    return run


def test_what_comes_of_a_run_is_written_to_another_folder(oodflow, locked, sets, tmp_path):
    before, out = files(locked), tmp_path / "elsewhere"
    assert (
        "evaluate, explain, detect and export write to another folder with --out" in oodflow("evaluate", locked).error
    )
    result = oodflow("evaluate", locked, "--out", out)
    assert (result.code, result.err) == (0, "")
    assert f"Wrote {out / 'evaluations'}" in result.out
    assert oodflow("explain", locked, "--out", out, "--limit", "4", "--draws", "1").code == 0
    assert oodflow("detect", locked, sets.outside.removeprefix("npy:"), "--out", out, "--fpr", "0.2").code == 0
    assert files(locked) == before
    assert {path.name for path in out.iterdir()} == {"run.json", "statistics", "evaluations", "explain", "calibrations"}


def test_that_folder_stands_for_the_run(oodflow, locked, sets, tmp_path, monkeypatch):
    out = tmp_path / "elsewhere"
    assert oodflow("evaluate", locked, "--out", out).code == 0
    for verb in ("compare", "scores"):
        found = json.loads(oodflow(verb, out, "--json").out)
        (folder,) = (out / "evaluations").iterdir()
        assert json.loads(oodflow(verb, folder, "--json").out) == found
    again = oodflow("evaluate", out)
    assert again.code == 0
    assert "This replaces the same evaluation of" in again.out
    assert package.load(out).shape == package.load(locked).shape
    monkeypatch.chdir(tmp_path)
    assert oodflow("evaluate", "elsewhere").code == 0


def test_folders_that_are_taken(oodflow, run, tmp_path):
    out = tmp_path / "elsewhere"
    assert oodflow("evaluate", run, "--out", out).code == 0
    other = run.rename(tmp_path / "other")
    assert "holds what came of" in oodflow("evaluate", other, "--out", out).error
    assert "is a run itself: name another folder" in oodflow("evaluate", other, "--out", other).error
    assert "--out is a folder for what comes of one run" in oodflow("evaluate", other, other, "--out", "new").error
    assert "is not a run" in oodflow("evaluate", out).error
