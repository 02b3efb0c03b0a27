"""A page of what names may stand for, made of the registries."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from oodflow.config import Config
from oodflow.data import AnySource
from oodflow.paper.experiment import Experiment
from oodflow.registry import Registry
from oodflow.runs import RunConfig
from site_sources.packages import at_home, home, packages
from site_sources.text import literal, plain, table, title


def registries() -> dict[str, Registry[Any]]:
    """Find every registry that a package offers, by its full name."""
    return {
        f"{package}.{name}": value
        for package in packages()
        for name, value in at_home(package).items()
        if isinstance(value, Registry)
    }


def registries_page() -> str:
    """Write a table of each registry, as reStructuredText."""
    parts = [
        title("Registries", "="),
        "What a name may stand for, in a configuration and on the command line. A file of yours, or another package, "
        "can add to each: see :doc:`/docs/extending`.\n",
    ]
    for name, registry in sorted(registries().items(), key=lambda one: one[1].kind):
        parts += [
            f".. _registry-{name.rpartition('.')[2]}:\n",
            title(many(registry.kind).capitalize(), "-"),
            f":py:data:`{name}`; other packages add to it by entry points ``{registry.group}``.\n",
            registry_table(registry),
        ]
    return "\n".join(parts)


def registry_table(registry: Registry[Any]) -> str:
    """Write what a registry holds, with the columns that its kind has."""
    heads, cells = COLUMNS.get(registry.kind, (("what it is", "settings"), described))
    rows = [("name", *heads), *((literal(name), *cells(registry[name])) for name in registry)]
    told = [any(column) for column in zip(*rows[1:], strict=True)]  # no column where there is nothing
    return table(*([cell for cell, there in zip(row, told, strict=True) if there] for row in rows))


def many(kind: str) -> str:
    """Write the plural of a kind.

    >>> many("score"), many("format of tables")
    ('scores', 'formats of tables')
    """
    first, of, rest = kind.partition(" of ")
    return f"{first}s{of}{rest}"


def described(entry: Any) -> tuple[str, str]:
    """Tell what a class, a function or an object says that it is, and its settings."""
    said = inspect.getdoc(entry) if inspect.isclass(entry) or inspect.isroutine(entry) else plain(entry.what)
    first = " ".join((said or "").partition("\n\n")[0].split())
    name = getattr(entry, "__name__", "")
    where = home(name, entry)
    link = f" :py:obj:`~{where}.{name}`" if where else ""
    return first + link, ", ".join(settings(entry))


def settings(entry: Any) -> list[str]:
    """Write the settings of a configuration."""
    if not (inspect.isclass(entry) and issubclass(entry, Config)):
        return []
    fields = {name: field for name, field in entry.model_fields.items() if name != "kind"}
    told = {name: not field.is_required() and field.default_factory is None for name, field in fields.items()}
    return [literal(f"{name}={shown(field.default)}" if told[name] else name) for name, field in fields.items()]


def shown(value: Any) -> str:
    """Write a default as it would be given on the command line: a part by its kind."""
    if isinstance(value, Config):
        return str(getattr(value, "kind", "…"))
    if isinstance(value, tuple | list):
        return ",".join(map(shown, value))
    return str(value)


def source_cells(source: AnySource) -> tuple[str, ...]:
    """Tell what a data set is, how large, and under which licence."""
    counts = ", ".join(f"{part} {count:,}" if count else part for part, count in source.parts.items())
    return plain(source.description), "x".join(map(str, source.shape or ())), counts, plain(source.licence)


def recipe_cells(recipe: Callable[[str], RunConfig]) -> tuple[str, ...]:
    """Tell which flow a recipe trains, on what, and what it is asked about."""
    config = recipe("cpu")
    return plain(config.flow.title), literal(config.data), ", ".join(map(literal, config.ood))


def experiment_cells(experiment: Experiment) -> tuple[str, ...]:
    """Tell what of the paper an experiment is about."""
    return plain(experiment.place), plain(experiment.title)


COLUMNS: dict[str, tuple[Sequence[str], Callable[[Any], tuple[str, ...]]]] = {
    "data set": (("what it is", "shape", "parts", "licence"), source_cells),
    "experiment": (("in the paper", "about"), experiment_cells),
    "recipe": (("flow", "trained on", "asked about"), recipe_cells),
}
"""Of the kinds of entries that say more of themselves than a docstring."""
