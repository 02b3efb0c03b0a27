"""Where a name in a docstring leads, and which may lead nowhere."""

from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.addnodes import desc_signature, pending_xref
from sphinx.domains.python import ObjectEntry
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

from site_sources.packages import home, known


def resolve(app: Any, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement) -> nodes.Element | None:
    """Find what is documented under another name: that of the package that offers it, or its last part alone."""
    if node.get("refdomain") != "py":
        return None
    objects = env.domains.python_domain.objects
    target: str = node["reftarget"]
    if "." in target:
        last = target.rpartition(".")[2]
        found = objects.get(f"{home(last, find(target))}.{last}")
    else:
        found = alone(target, objects)
    return found and make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, text, target)


def alone(name: str, objects: dict[str, ObjectEntry]) -> ObjectEntry | None:
    """Find the one class, function or constant with a name; ``None`` where there is none, or more."""
    found = {
        (entry.docname, entry.node_id): entry
        for full, entry in objects.items()
        if full.rpartition(".")[2] == name and entry.objtype in ("class", "exception", "function", "data")
    }
    return next(iter(found.values())) if len(found) == 1 else None


def may_lead_nowhere(app: Any, domain: Any, node: pending_xref) -> bool | None:
    """Pass types in signatures, names of other libraries, and what is there but no package offers: these stay code."""
    if node.get("refdomain") != "py":
        return None
    target: str = node["reftarget"]
    in_signature = "refexplicit" not in node
    there = find(target) is not None if target.startswith("oodflow.") else "." in target or target in known()
    return True if in_signature or there else None


def find(name: str) -> Any:
    """Find what a full name stands for; ``None`` where there is nothing.

    >>> find("oodflow.flows.Flow").__name__, find("oodflow.flows.Flaw")
    ('Flow', None)
    """
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: Any = import_module(".".join(parts[:end]))
        except (ImportError, ValueError):
            continue
        for part in parts[end:]:
            value = getattr(value, part, None)
        return value
    return None


def not_in_contents(app: Any, domain: str, kind: str, content: nodes.Element) -> None:
    """Leave what is in a class out of a page's contents, which list classes, functions and constants."""
    if kind in ("method", "attribute", "property", "classmethod", "staticmethod", "option"):
        for signature in content.parent.findall(desc_signature):
            signature["_toc_name"] = ""


def without_internals(app: Any, name: str, kind: type, options: Any, bases: list[type]) -> None:
    """Name as base the nearest class that a package offers, or the nearest one of another library."""

    def shown(base: type) -> bool:
        return not base.__module__.startswith("oodflow.") or home(base.__name__, base) is not None

    bases[:] = [next(base for base in kind.__mro__[1:] if shown(base))]


def left_out(app: Any, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what pydantic puts into every model."""
    return True if name == "model_config" else None
