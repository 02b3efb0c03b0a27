"""``oodflow report``."""

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from oodflow.errors import UsageError
from oodflow.paper.galleries import reproduction_report
from oodflow.paper.lab import FOUND
from oodflow.paper.reproduction import Reproduction
from oodflow.report.evaluated_runs import run_of
from oodflow.report.run_report import run_report
from oodflow.runs.pages import is_page, title_of, write_report
from oodflow.session.progress import progress_console

LARGE = 10_000_000  # bytes


def run(arguments: Namespace) -> None:
    """Write what there is of runs, or of a reproduction, as a page and its twin, and say where."""
    if is_page(arguments.run_dirs[0]):
        _of_reproduction(arguments)
        return
    _require_no_reproduction(arguments.run_dirs)
    first = run_of(arguments.run_dirs[0])
    path = arguments.write or (first.out or first.path) / "report"
    report = run_report(
        arguments.run_dirs, restated=arguments.restated, root=arguments.data_dir, device=arguments.device,
        say=progress_console.print,
    )  # fmt: skip
    files = write_report(path, report.document, report.pictures.__getitem__)
    if (size := files[0].stat().st_size) > LARGE:
        progress_console.print(f"{files[0]} has {size / 1e6:.0f} MB: with fewer runs on a page it is easier to send.")
    _tell(arguments, files)


def _require_no_reproduction(folders: Sequence[Path]) -> None:
    """Refuse the folder of a reproduction, whose pages are named one by one.

    Raises:
        UsageError: naming the folder, and the pages that lie in it or beside it.
    """
    for folder in folders:
        if (folder / FOUND).is_dir():
            pages = [str(page) for page in (folder.with_name(f"{folder.name}.json"), *sorted(folder.glob("*.json")))
                     if page.exists()]  # fmt: skip
            name = f"name its page: {' or '.join(pages)}" if pages else "it has no page yet, which `reproduce` writes"
            raise UsageError(f"{folder} is the folder of a reproduction: {name}.")


def _of_reproduction(arguments: Namespace) -> None:
    """Lay a reproduction out again, whose pictures lie where its record says."""
    path, *others = arguments.run_dirs
    if others:
        raise UsageError(f"{path} is a reproduction: it has a page by itself, so leave {others[0]} away.")
    record = Reproduction.read(path)
    folder = path.parent / record.figures
    report = reproduction_report(
        record.model_copy(update={"figures": "."}), title_of(path), folder.parent / "runs",
        arguments.data_dir, arguments.device, progress_console.print,
    )  # fmt: skip

    def read(file: str) -> bytes:
        return report.pictures[file] if file in report.pictures else (folder / file).read_bytes()

    _tell(arguments, write_report(arguments.write or path.with_name(f"{path.stem}-report"), report.document, read))


def _tell(arguments: Namespace, files: Sequence[Path]) -> None:
    page, twin, *pictures = files
    if arguments.json:
        print(json.dumps({"html": str(page), "markdown": str(twin), "pictures": [str(file) for file in pictures]}))
    else:
        print(f"Wrote {page} and {twin}" + (f" with pictures in {pictures[0].parent}" if pictures else ""))
