"""The site has a page of everything, and is built without a warning."""

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from oodflow.cli.parser import build_parser
from oodflow.cli.verbs import Verbs
from oodflow.registry import Registry

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def pages():
    """What is made of the code, by name; Sphinx is not asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        yield importlib.import_module("site_sources.layout").made_pages()


def listed(text):
    """Name what the tables of contents of a page list."""
    return {line for block in re.findall(r"```{toctree}\n(.*?)```", text, re.DOTALL) for line in block.split()}


def test_every_page_of_the_repository_is_in_the_contents():
    contents = listed((DOCS / "contents.md").read_text(encoding="utf-8"))
    there = {page.relative_to(ROOT).with_suffix("").as_posix() for page in DOCS.glob("*.md")} - {"docs/contents"}
    there |= {page.relative_to(ROOT).with_suffix("").as_posix() for page in (ROOT / "benchmarks").glob("*.md")}
    assert there <= contents, there - contents
    assert "../results/*" in listed((DOCS / "results.md").read_text(encoding="utf-8"))


def test_every_entry_of_every_registry_is_in_a_table(pages):
    registries = importlib.import_module("site_sources.registries").registries()
    assert {"oodflow.scores.SCORES", "oodflow.recipes.RECIPES", "oodflow.data.SOURCES"} <= set(registries)
    text = pages["reference/registries.rst"]
    for name, registry in registries.items():
        section = text.partition(f".. _registry-{name.rpartition('.')[2]}:")[2].partition("\n.. _")[0]
        assert re.findall(r"^   \* - ``(.*)``$", section, re.MULTILINE) == list(registry), name


def test_what_is_registered_is_in_the_table_too(pages):
    table = importlib.import_module("site_sources.registries").registry_table
    registry = Registry("thing", "example.things", {})

    @registry.register("mine")
    def mine():
        """What I have made."""

    *_, head, row = table(registry).split("   * - ")
    assert head == "name\n     - what it is\n"
    assert row == "``mine``\n     - What I have made.\n"


def test_every_package_has_a_page_and_every_name_of_it_one_home(pages):
    packages = importlib.import_module("site_sources.packages")
    homes = [(name, id(value)) for package in packages.packages() for name, value in packages.at_home(package).items()]
    offered = {(name, id(value)) for package in packages.packages() for name, value in packages.offers(package).items()}
    assert len(homes) == len(set(homes)) == len(offered) > 300
    for package in packages.packages():
        page = pages[f"reference/{package}.rst"]
        for name in packages.at_home(package):
            assert re.search(rf"^\.\. (auto|py:data).*:: ({package}\.)?{name}$", page, re.MULTILINE), name


def test_every_verb_and_option_is_on_the_page_of_the_command_line(pages):
    page = pages["reference/command-line.rst"]
    (verbs,) = [action for action in build_parser()._actions if isinstance(action, Verbs)]
    for name, verb in verbs.choices.items():
        assert f"\noodflow {name}" in page
        for action in verb._actions:
            for option in {*action.option_strings} - {"-h", "--help", "--debug", "--plugin"}:
                assert re.search(rf"^\.\. option:: (.*, )?{option}\b", page, re.MULTILINE), f"{name} {option}"


@pytest.mark.parametrize("name", ["mathml", "names", "packages", "registries", "text"])
def test_the_examples_of_what_makes_it(pages, name):
    if name in ("mathml", "names"):
        pytest.importorskip("sphinx", reason="this serves Sphinx: pip install 'oodflow[docs]'")
    failed, tried = doctest.testmod(importlib.import_module(f"site_sources.{name}"))
    assert tried
    assert not failed


def test_it_is_built_without_a_warning(tmp_path):
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name, reason="building the site needs pip install 'oodflow[docs]'")
    done = subprocess.run([sys.executable, DOCS / "build.py", tmp_path / "site"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "reference" / "oodflow.transformers.html").read_text(encoding="utf-8")
    assert "<mfrac>" in page  # formulas need nothing else
    fetched = re.compile(r"<(?:script|link|img)[^>]*(?:src|href)=\"(?:https?:)?//")
    for file in (tmp_path / "site").rglob("*.html"):
        assert not fetched.search(file.read_text(encoding="utf-8")), f"{file.name} fetches something"
