"""What the tests of runs and of the command line share: a quick way to make runs, and one that is already there."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from oodflow.cli import main
from oodflow.cli.display import result_console
from oodflow.session.progress import progress_console


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """The flows of the tests are too small to share out, and other numbers of threads give other last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def rendered() -> None:
    """Let a test have pictures as they are."""


@pytest.fixture(autouse=True)
def unrendered(request, monkeypatch):
    """Write pictures of one pixel where nobody looks at them: most of the time of small runs would go into theirs."""
    if "rendered" not in request.fixturenames:
        monkeypatch.setattr(Figure, "savefig", write_a_pixel)


def write_a_pixel(figure, file, **settings) -> None:
    """Take the place of matplotlib's method."""
    if settings["format"] == "svg":
        file.write(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    else:
        Image.new("RGB", (1, 1)).save(file, settings["format"])


@pytest.fixture(scope="session", autouse=True)
def not_flushed():
    """Nothing that a test writes has to outlive a power failure, which takes milliseconds for each file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@dataclass(frozen=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that a failed command ends with."""
        assert self.code, f"it went well: {self.out}"
        assert "Traceback" not in self.err
        *_, last = self.err.splitlines()
        assert last.startswith("oodflow: ")
        assert sum(line.startswith("oodflow: ") for line in self.err.splitlines()) == 1
        return last


@pytest.fixture
def oodflow(capsys) -> Callable[..., Result]:
    """Run a command in this process."""

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        result_console.quiet = progress_console.quiet = False  # as they are from when somebody has stopped reading
        code = main([str(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return run


@dataclass(frozen=True)
class Sets:
    """Names of data sets of 1x8x8 images in files: to train on, and to ask about."""

    inside: str
    outside: str


@pytest.fixture(scope="session")
def sets(tmp_path_factory) -> Sets:
    """Two hundred images of soft stripes, and forty of noise."""
    folder = tmp_path_factory.mktemp("sets")
    rng = np.random.default_rng(142)  # which deals as many as one would expect to each part
    stripes = np.cumsum(rng.integers(0, 30, (200, 1, 8, 8)), axis=3)
    np.save(folder / "stripes.npy", stripes.astype(np.uint8))
    np.save(folder / "noise.npy", rng.integers(0, 256, (40, 1, 8, 8), dtype=np.uint8))
    return Sets(f"npy:{folder / 'stripes.npy'}", f"npy:{folder / 'noise.npy'}")


@pytest.fixture(scope="session")
def tiny(sets) -> list[str]:
    """Arguments of ``train`` for a run of four steps on the striped images, looked at once."""
    settings = [f"data={sets.inside}", f"ood={sets.outside}", "monitor.every=100"]
    return ["train", "photographs-realnvp", *settings, "--scale", "smoke"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory, tiny) -> Path:
    """A run that is finished, to be read only."""
    path = tmp_path_factory.mktemp("runs") / "trained"
    assert main([*tiny, "--out", str(path)]) == 0
    return path


@pytest.fixture
def run(trained, tmp_path) -> Path:
    """A copy of the finished run, to do with as one likes."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def own_folders(monkeypatch, tmp_path):
    """No data sets on disk, an empty cache, and a working directory of its own: nothing of whoever runs the test."""
    monkeypatch.setenv("OODFLOW_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("OODFLOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
