"""The notebooks run from top to bottom, and what is stored of them is whole and nobody's own."""

import importlib.util
import platform
import re
from itertools import chain
from pathlib import Path

import pytest

from oodflow.data import SOURCES, data_root, status
from oodflow.recipes import RECIPES

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
OWN_FOLDERS = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "OODFLOW_CACHE")

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(tool) is None for tool in ("ipykernel", "nbclient")),
    reason="executing notebooks needs ipykernel and nbclient: pip install 'oodflow[notebooks]'",
)


@pytest.fixture(params=NOTEBOOKS)
def stored(request):
    """A notebook as it is in the repository."""
    import nbformat

    return nbformat.read(FOLDER / f"{request.param}.ipynb", as_version=4)


def execute(path, folder):
    """Execute a notebook as ``make notebooks`` does."""
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.execute(path, folder)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return list(chain.from_iterable(cell.outputs for cell in code_cells(notebook)))


def figures(notebook):
    return [output for output in outputs(notebook) if "image/png" in output.get("data", {})]


def data_sets(notebook):
    """Names of the data sets that a notebook names, or a recipe that it names."""
    code = "\n".join(cell.source for cell in code_cells(notebook))
    recipes = [RECIPES[name]("smoke") for name in RECIPES if f'"{name}"' in code]
    named = {name for name in SOURCES if f'"{name}"' in code}
    return sorted(named.union(*([recipe.data, *recipe.ood] for recipe in recipes)))


def assert_whole(notebook):
    """Every cell was run, in order, and nothing went wrong."""
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    wrong = [output for output in outputs(notebook) if output.output_type == "error" or output.get("name") == "stderr"]
    assert not wrong
    assert figures(notebook)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs(name, tmp_path, monkeypatch):
    import nbformat

    path = FOLDER / f"{name}.ipynb"
    for data_set in data_sets(nbformat.read(path, as_version=4)):
        if status(data_set, data_root()).state == "missing":
            pytest.skip(f"{data_set} is not in the data root: set OODFLOW_DATA to where it lies")
    for variable in OWN_FOLDERS:
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    monkeypatch.setenv("OODFLOW_SCALE", "smoke")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("OODFLOW_RUNS", raising=False)
    (tmp_path / "here").mkdir()
    executed = execute(path, tmp_path / "here")
    assert_whole(executed)
    assert [run.name for run in (tmp_path / "here").iterdir()] == ["runs"]


def test_is_stored_with_its_outputs(stored):
    assert_whole(stored)


def test_is_of_no_machine(stored):
    """What is stored holds no absolute path and no name of a machine, and nothing about who executed it."""
    sources = [cell.source for cell in stored.cells]
    text = [output.get("text", "") for output in outputs(stored)]
    text += [
        str(value) for output in outputs(stored) for kind, value in output.get("data", {}).items() if "png" not in kind
    ]
    for piece in [*sources, *text]:
        found = re.search(r"""(^|[\s"'`(=\[])((/[\w.-]+){2,}|~/|[A-Za-z]:\\|file:)""", piece)
        assert found is None, found
        assert re.search(rf"\b{re.escape(platform.node() or 'no name')}\b", piece) is None
    assert set(stored.metadata) == {"kernelspec", "language_info"}
    assert stored.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert stored.metadata.language_info == {"name": "python"}
    assert not any(cell.metadata for cell in stored.cells)


def test_links_lead_somewhere(stored):
    text = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (FOLDER / target).exists(), target


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_is_small_enough_to_keep(name):
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 3_000_000
