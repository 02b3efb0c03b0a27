"""``oodflow data``."""

import json
from argparse import Namespace
from dataclasses import asdict

from rich.table import Table

from oodflow.cli.display import progress_console, result_console
from oodflow.data import SOURCES, data_root, download, status, verify
from oodflow.errors import unknown


def list_sources(arguments: Namespace) -> None:
    """List the sources and what of them is here."""
    root = data_root(arguments.data_dir)
    found = [status(name, root) for name in SOURCES]
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    table = Table(title=f"Data sets in {root}; your own images: folder:PATH and npy:PATH")
    for column in ("name", "shape", "state", "images", "what", "licence"):
        table.add_column(column)
    for one in found:
        source = SOURCES[one.name]
        counts = ", ".join(f"{part} {number:,}" for part, number in one.counts.items())
        shape = "x".join(map(str, source.shape or ()))
        what = source.description + (f" ({one.detail})" if one.detail else "")
        table.add_row(one.name, shape, one.state, counts, what, source.licence)
    result_console.print(table)


def get(arguments: Namespace) -> None:
    """Download data sets."""
    root = data_root(arguments.data_dir)
    _require_known(arguments.names)
    for name in arguments.names:
        files = download(name, root)
        result_console.print(f"{name}: " + (", ".join(str(file) for file in files) or "nothing to download"))


def check(arguments: Namespace) -> int:
    """Verify data sets; exit code 1 when something is wrong with one."""
    root = data_root(arguments.data_dir)
    _require_known(arguments.names)
    wrong = False
    for name in arguments.names:
        problems = verify(name, root)
        wrong = wrong or bool(problems)
        for problem in problems:
            progress_console.print(f"{name}: {problem}")
        if not problems:
            one = status(name, root)
            result_console.print(f"{name}: fine, {one.state}" + (f" ({one.detail})" if one.detail else ""))
    return int(wrong)


def _require_known(names: list[str]) -> None:
    for name in names:
        if name not in SOURCES:
            raise unknown("data set", name, SOURCES)
