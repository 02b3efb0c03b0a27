"""Pages about the packages, one each."""

import ast
import importlib
import inspect
from functools import cache
from itertools import pairwise
from typing import Any

from oodflow.registry import Registry
from site_sources.packages import ALONE, at_home, modules, offers, packages, sources
from site_sources.text import title


def reference_pages() -> dict[str, str]:
    """Write a page a package, one for the other modules, and one that lists them, as reStructuredText."""
    names = [*packages(), "modules"]
    listed = "".join(f"   {name}\n" for name in names)
    return {
        "reference/packages.rst": f"{title('Packages', '=')}\n.. toctree::\n   :maxdepth: 1\n\n{listed}",
        "reference/modules.rst": "\n".join([title("Other modules", "="), *map(whole, ALONE)]),
        **{f"reference/{name}.rst": package_page(name) for name in packages()},
    }


def package_page(name: str) -> str:
    """Write the page of a package: what it says of itself, and all that it offers, or else its modules whole."""
    package = importlib.import_module(name)
    if offers(name):
        body = [entry(name, one, value) for one, value in at_home(name).items()]
    else:
        body = [whole(module) for module in modules(package)]
    return "\n".join([title(name, "="), f".. automodule:: {name}\n   :no-members:\n", *body])


def entry(package: str, name: str, value: Any) -> str:
    """Write what autodoc needs to know of something that a package offers."""
    if inspect.isclass(value):
        return f".. autoclass:: {package}.{name}\n   :members:\n   :show-inheritance:\n"
    if inspect.isfunction(value):
        return f".. autofunction:: {package}.{name}\n"
    said = f"What there is: :ref:`registry-{name}`." if isinstance(value, Registry) else said_of(package, name)
    return f".. py:currentmodule:: {package}\n\n.. py:data:: {name}\n\n   {said}\n"


def whole(module: str) -> str:
    """Write what autodoc needs to know of a module whose names are all documented, but for those at home elsewhere."""
    elsewhere = sorted({name for package in packages() for name in offers(package)})
    members = f"   :members:\n   :show-inheritance:\n   :exclude-members: {', '.join(elsewhere)}\n"
    return f"{title(module, '-')}\n.. automodule:: {module}\n{members}"


def said_of(package: str, name: str) -> str:
    """Find the string that follows an assignment in the modules of a package; empty where there is none."""
    said = {of: text for (module, of), text in _said().items() if module.startswith(f"{package}.") or module == package}
    return " ".join(said.get(name, "").split())


@cache
def _said() -> dict[tuple[str, str], str]:
    found = {}
    for module, tree in sources().items():
        for one, after in pairwise(tree.body):
            match one, after:
                case (
                    ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)),
                    ast.Expr(ast.Constant(str(text))),
                ):
                    found[module, name] = text
    return found
