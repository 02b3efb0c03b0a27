"""What is there after ``import oodflow``."""

import ast
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest

import oodflow

PACKAGES = [module.name for module in iter_modules(oodflow.__path__) if module.ispkg]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_is_there(name):
    assert getattr(oodflow, name).__name__ == f"oodflow.{name}"
    assert name in dir(oodflow)


@pytest.mark.parametrize("name", oodflow.__all__)
def test_the_names_are_there(name):
    assert callable(getattr(oodflow, name))
    assert name in dir(oodflow)


def test_type_checkers_know_every_package():
    tree = ast.parse(Path(oodflow.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "oodflow"]
    assert sorted(alias.asname for node in imports for alias in node.names) == sorted(PACKAGES)


def test_importing_it_imports_nothing_else():
    code = "import sys, oodflow; dir(oodflow); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert "oodflow" in imported
    assert not [name for name in imported if name.startswith("oodflow.")]
    assert not {"numpy", "pydantic", "rich", "torch"}.intersection(imported)


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="module 'oodflow' has no attribute 'flow'"):
        oodflow.flow  # noqa: B018
    assert not hasattr(oodflow, "__wrapped__")
