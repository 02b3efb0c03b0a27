"""Terminals of any encoding, streams that are closed or full, names that are no UTF-8, and ``~``."""

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oodflow.cli import main

NAME = "žluť 图 [red]"


@pytest.fixture
def pictures(tmp_path):
    """A folder of pictures whose name few encodings have."""
    folder = tmp_path / NAME
    folder.mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i} é.png")
    return folder


def said(monkeypatch, encoding, *arguments):
    """Run a command whose output has an encoding, and give what it wrote."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding) for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    code = main([str(argument) for argument in arguments])
    for stream in streams.values():
        stream.flush()
    return code, *(stream.buffer.getvalue().decode(encoding) for stream in streams.values())


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", NAME),
        ("cp1252", r"žlu\u0165 \u56fe [red]"),
        ("ascii", r"\u017elu\u0165 \u56fe [red]"),
        ("latin-1", r"\u017elu\u0165 \u56fe [red]"),
    ],
)
def test_any_encoding(run, pictures, monkeypatch, encoding, name):
    code, out, _ = said(monkeypatch, encoding, "evaluate", run, "--ood", f"folder:{pictures}")
    assert code == 0
    assert f"{name} (3)" in out
    code, out, _ = said(monkeypatch, encoding, "detect", run, pictures, "--fpr", "0.2")
    assert code == 0
    assert "2 é.png" in out if encoding != "ascii" else r"2 \xe9.png" in out
    code, _, err = said(monkeypatch, encoding, "evaluate", run, "--ood", f"folder:{pictures / '图'}")
    assert code == 2
    assert f"{name}{os.sep}" in err


def test_signs_that_an_encoding_lacks_are_written_by_others(monkeypatch):
    def failing(arguments):
        raise ValueError("2 ≤ 3 … ± é")

    monkeypatch.setattr("oodflow.cli.data.list_sources", failing)
    assert r"2 <= 3 ... +- \xe9" in said(monkeypatch, "ascii", "data", "list")[2]


def test_names_that_are_no_utf8(oodflow, run, pictures, tmp_path, tiny):
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    pictures.rename(strange)
    result = oodflow("evaluate", run, "--ood", f"folder:{strange}")
    assert (result.code, result.err) == (0, "")
    assert r"caf\udce9 (3)" in result.out
    assert r"caf\udce9" in oodflow("compare", run).out
    assert oodflow("compare", run, "--write", tmp_path / "page").code == 0
    assert r"caf\udce9" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert oodflow("detect", run, strange, "--fpr", "0.2").code == 0
    assert "is not in UTF-8, as configurations are" in oodflow(*tiny, f"data=folder:{strange}").error
    assert "is no name in UTF-8, which a run's files must have" in oodflow(*tiny, "--out", strange / "run").error


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_closed_streams(run, pictures, monkeypatch, stream):
    monkeypatch.setattr(sys, stream, None)
    try:
        assert main(["detect", str(run), str(pictures), "--fpr", "0.2"]) == 0
        assert main(["evaluate", str(run)]) == 0
        assert main(["evaluate", "nowhere"]) == 2
    finally:
        getattr(sys, stream).close()


class Full(io.RawIOBase):
    """A disk that is full, or a reader that has gone."""

    def __init__(self, error):
        self.error = error

    def writable(self):
        return True

    def write(self, data):
        if self.error:
            raise self.error
        return len(data)


@pytest.mark.parametrize("verb", [["data", "list"], ["data", "list", "--json"], ["evaluate", "RUN"]])
@pytest.mark.parametrize(
    ("error", "message"), [(OSError(28, "No space left"), "No space left"), (BrokenPipeError(), "")]
)
def test_what_can_not_be_written(run, monkeypatch, capsys, verb, error, message):
    raw = Full(error)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw)))
    assert main([str(run) if word == "RUN" else word for word in verb]) == 1
    err = capsys.readouterr().err
    assert message in err if message else err == ""
    raw.error = None


@pytest.mark.parametrize("verb", [["data", "list"], ["train", "--help"], ["train", "--print-config", "mnist-glow"]])
def test_a_pipe_that_nobody_reads(verb):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "oodflow", *verb]
    process = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert process.returncode == (0 if "--help" in verb else 1)  # which argparse itself lets go
    assert process.stderr == b""


def test_what_libraries_warn_of_is_for_debugging(oodflow, monkeypatch):
    monkeypatch.setattr("oodflow.cli.data.list_sources", lambda arguments: warnings.warn("deep inside", stacklevel=1))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert oodflow("data", "list").err == ""
        with pytest.warns(UserWarning, match="deep inside"):
            oodflow("data", "list", "--debug")


def test_the_home_folder_is_known_wherever_a_path_is_taken(oodflow, run, sets, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OODFLOW_CACHE", "~/kept")
    monkeypatch.setenv("OODFLOW_DATA", "~/sets")
    (tmp_path / "noise.npy").write_bytes(Path(sets.outside.removeprefix("npy:")).read_bytes())
    assert oodflow("evaluate", "~/run", "--ood", "npy:~/noise.npy").code == 0
    assert oodflow("compare", "~/run", "--write", "~/pages/one").code == 0
    assert oodflow("detect", "~/run", "~/noise.npy", "--fpr", "0.2").code == 0
    assert oodflow("explain", "~/run", "--ood", "npy:~/noise.npy", "--limit", "4", "--draws", "1").code == 0
    assert oodflow("evaluate", "~/run", "--scores", "likelihood-ratio?background=~/run").code == 0
    assert oodflow(*tiny, "--out", "~/other").code == 0
    assert oodflow("masks", "--out", "~/masks.png").code == 0
    assert f"is not in {tmp_path / 'sets'}" in oodflow("train", "mnist-glow", "--scale", "smoke").error
    assert f"is not in {tmp_path / 'more'}" in oodflow("train", "mnist-glow", "--data-dir", "~/more").error
    assert (tmp_path / "pages/one.md").exists()
    assert (tmp_path / "kept").is_dir()
    assert not Path("~").exists()
