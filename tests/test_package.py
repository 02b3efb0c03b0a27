"""The wheel: what is in it, and that it works where nothing of this checkout is."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("build", "hatchling")

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(tool) is None for tool in TOOLS),
    reason="building a wheel needs build and hatchling: pip install 'oodflow[dev]'",
)


def command(*arguments, cwd, **environment):
    """Run a command and return what it printed."""
    env = {**{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, **environment}
    done = subprocess.run([*map(str, arguments)], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("installed")
    options = ("--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "--quiet")
    command(sys.executable, "-m", "pip", "install", *options, "--target", target, wheel, cwd=target)
    return target


def test_what_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        (entry_points,) = [archive.read(name).decode() for name in held if name.endswith("entry_points.txt")]
    source = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src/oodflow").rglob("*.py")}
    assert "oodflow/py.typed" in held
    assert {name for name in held if name.endswith(".py")} == source
    assert {f"oodflow/document/page/page.{ending}" for ending in ("html", "css", "js")} <= held
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert "oodflow = oodflow.cli:main" in entry_points


@pytest.mark.parametrize("start", ["module", "entry point"])
def test_the_wheel_runs(installed, tmp_path, start):
    how = [sys.executable, "-m", "oodflow"] if start == "module" else [sys.executable, installed / "bin/oodflow"]
    assert command(*how, "--version", cwd=tmp_path, PYTHONPATH=str(installed)).startswith("oodflow 0.")


def test_it_is_the_wheel_that_runs(installed, tmp_path):
    code = "import oodflow, oodflow.cli.main, oodflow.recipes, oodflow.session; print(oodflow.__file__)"
    assert command(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(installed)).startswith(str(installed))
