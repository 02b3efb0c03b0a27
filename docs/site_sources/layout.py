"""Lay out what Sphinx reads: the repository's own files, where its pages' links lead, and what is made of the code."""

import shutil
from pathlib import Path

from site_sources.command_line import command_line_page
from site_sources.reference import reference_pages
from site_sources.registries import registries_page

ROOT = Path(__file__).parents[2]
TAKEN = ("CHANGELOG.md", "CONTRIBUTING.md", "README.md", "CITATION.cff", "benchmarks", "docs", "notebooks", "results")


def lay_out(folder: Path) -> None:
    """Make the folder that Sphinx reads anew."""
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "reference").mkdir(parents=True)
    code = shutil.ignore_patterns("*.py", "site_sources", "__pycache__")
    for name in TAKEN:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=code)
        else:
            shutil.copy(ROOT / name, folder / name)
    for name, text in made_pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def made_pages() -> dict[str, str]:
    """Make the start page, which is README with the contents, and the reference."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    contents = (ROOT / "docs/contents.md").read_text(encoding="utf-8")
    return {
        "index.md": f"{readme}\n{contents}",
        "reference/command-line.rst": command_line_page(),
        "reference/registries.rst": registries_page(),
        **reference_pages(),
    }
