"""What the packages offer, and which of them is the home of a thing that several do."""

import ast
import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import oodflow

ALONE = tuple(
    f"oodflow.{name}"
    for name in ("config", "errors", "files", "gradients", "ownership", "ranks", "records", "registry")
)
"""Modules that are in no package but the outermost."""


@cache
def packages() -> tuple[str, ...]:
    """Name the package, and every one inside of it, outer ones first."""
    found = (module.name for module in pkgutil.walk_packages(oodflow.__path__, "oodflow.") if module.ispkg)
    return ("oodflow", *found)


def offers(package: str) -> dict[str, Any]:
    """Map what a package names in its ``__all__`` to what it is."""
    module = importlib.import_module(package)
    return {name: getattr(module, name) for name in getattr(module, "__all__", ())}


@cache
def _homes() -> dict[tuple[str, int], str]:
    return {(name, id(value)): package for package in packages() for name, value in offers(package).items()}


def home(name: str, value: object) -> str | None:
    """Name the innermost package that offers something under a name, which is where it is documented.

    >>> from oodflow.flows import Images
    >>> home("Images", Images), home("Images", 3)
    ('oodflow.flows.domains', None)
    """
    return _homes().get((name, id(value)))


def at_home(package: str) -> dict[str, Any]:
    """Keep of what a package offers what is documented there, by name."""
    found = offers(package).items()
    return {
        name: value for name, value in sorted(found, key=lambda one: one[0].casefold()) if home(name, value) == package
    }


def modules(package: ModuleType) -> list[str]:
    """Name the modules in a package, by their full names."""
    return [f"{package.__name__}.{one.name}" for one in pkgutil.iter_modules(package.__path__) if not one.ispkg]


@cache
def sources() -> dict[str, ast.Module]:
    """Parse every module, by its full name."""
    root = Path(oodflow.__path__[0])
    found = {}
    for file in sorted(root.rglob("*.py")):
        name = ".".join(["oodflow", *file.relative_to(root).with_suffix("").parts]).removesuffix(".__init__")
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
    return found


@cache
def known() -> frozenset[str]:
    """Collect every name that a module defines or imports."""
    names = set()
    for module in sources().values():
        for one in ast.walk(module):
            match one:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.alias(name=name):
                    names.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
    return frozenset(names)
