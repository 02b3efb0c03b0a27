"""``oodflow data``."""

import json
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from oodflow.cli.display import line, result_console
from oodflow.data import SOURCES, AnySource, TableSource, data_root, download, status, verify
from oodflow.data.manage import registered
from oodflow.data.naming import named
from oodflow.data.sources.image_files import IMAGE_FILES
from oodflow.data.tables import TABLE_FILES
from oodflow.errors import NotThere
from oodflow.session.progress import progress_console


def list_sources(arguments: Namespace) -> None:
    """List the sources and what of them is here."""
    root = data_root(arguments.data_dir)
    found = [status(name, root) for name in SOURCES]
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    line(
        f"Data sets in {root}; your own images are folder:PATH and arrays in {_paths(IMAGE_FILES)}, your own tables "
        f"{_paths(TABLE_FILES)}.\n"
    )
    width = max(len(one.name) for one in found)
    for one in found:
        source = SOURCES[one.name]
        counts = ", ".join(f"{part} {number:,}" for part, number in one.counts.items())
        shape = "x".join(map(str, source.shape or ()))
        line(f"{one.name:{width}} {shape:9} {one.state:9} {counts}", style="bold")
        line(f"    {source.description}. Licence: {source.licence}.")
        if one.detail:
            line(f"    {one.detail}")
        if one.state == "missing" and not source.downloads:
            line(f"    To have it: {source.by_hand}.")


def _paths(kinds: Iterable[str]) -> str:
    return ", ".join(f"{kind}:PATH" for kind in kinds)


def get(arguments: Namespace) -> None:
    """Download data sets."""
    root = data_root(arguments.data_dir)
    _require_known(arguments.names)
    for name in arguments.names:
        files = download(name, root, say=progress_console.print)
        result_console.print(f"{name}: " + (", ".join(str(file) for file in files) or "nothing to download"))


def check(arguments: Namespace) -> int:
    """Verify data sets; exit code 1 when something is wrong with one, be it that it is not there."""
    root = data_root(arguments.data_dir)
    found = {name: _named(name) for name in arguments.names}  # all, before anything is done for the first
    wrong = False
    for name, source in found.items():
        problems = [str(source)] if isinstance(source, NotThere) else verify(name, root)
        wrong = wrong or bool(problems)
        for problem in problems:
            progress_console.print(f"{name}: {problem}")
        if not problems and not isinstance(source, NotThere):
            one = status(name, root)
            details = [*_size(source, one.counts.values(), root), *([one.detail] if one.detail else [])]
            result_console.print(f"{name}: fine, {one.state}" + (f" ({'; '.join(details)})" if details else ""))
    return int(wrong)


def _named(name: str) -> AnySource | NotThere:
    try:
        return named(name)
    except NotThere as error:
        return error


def _size(source: AnySource, counts: Iterable[int], root: Path) -> list[str]:
    """Tell how many rows a table has, and which columns, by its first part that is there."""
    if not isinstance(source, TableSource):
        return []
    part = next(part for part in source.parts if source.built_in or source.files(part, root))
    names = source.columns(part, root)
    rows, width = sum(counts), source.width(root)
    return [f"rows: {rows:,}; columns: {width}" + (f", {', '.join(names)}" if names else "")]


def _require_known(names: list[str]) -> None:
    """Look all of them up before anything is done for the first."""
    for name in names:
        registered(name)
