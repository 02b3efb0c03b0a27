"""The pages in docs/ say what the program does."""

import ast
import inspect
import re
import shlex
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal, get_args, get_origin

import numpy as np
import pytest

from oodflow import load as load_flow
from oodflow.bijections import MASKS
from oodflow.cli.original_flags import FLOW_FLAGS, TRAINING_FLAGS, TRAINING_SWITCHES
from oodflow.data import SOURCES, RealSet, TableSource, load, selection
from oodflow.data.sources.image_files import IMAGE_FILES
from oodflow.data.spec import parse, parse_axes
from oodflow.detectors import FlowDetector
from oodflow.detectors.contributions import NEAR, USUAL
from oodflow.detectors.defaults import AUTO_FPR, VALIDATION, Recipe, table_recipe
from oodflow.detectors.parts import deal_rows
from oodflow.errors import OodflowError
from oodflow.explanation.gallery import PICTURES
from oodflow.flows import FLOWS, RealNVPConfig, TabularConfig
from oodflow.interop import ORIGINAL_FLOWS, original_config
from oodflow.nets import ConvNetConfig
from oodflow.recipes import RECIPES
from oodflow.runs import fields_of, override
from oodflow.scores import SCORES
from oodflow.statistics import STATISTICS, Observation
from oodflow.training import TrainingConfig

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "from-the-original.md").read_text(encoding="utf-8")
FLAGS = PAGE.partition("## Flags")[2].partition("## Where")[0]


def test_every_flag_of_the_original_has_a_row_and_no_other():
    named = set(re.findall(r"`--(\w+)`", "".join(row.split("|")[1] for row in FLAGS.splitlines() if "|" in row)))
    assert named == {"flow", "dataset", *FLOW_FLAGS, *TRAINING_FLAGS, *TRAINING_SWITCHES}


def test_every_field_that_the_page_names_can_be_set():
    fields = set()
    for recipe, settings in {
        "fashion-mnist-realnvp": ["flow.net.kind=resnet"],
        "fashion-mnist-glow": [],
        "bottleneck-fashion-mnist-10": [],
        "masks-fashion-mnist-cycle": [],
        "mnist-realnvp": ["flow.kind=tabular"],
        "cifar10-realnvp": ["objective=negative"],
    }.items():
        fields |= set(fields_of(override(RECIPES[recipe]("cpu"), settings)))
    fields |= {name.removesuffix(".kind") for name in fields}  # a part can be set by its kind
    named = set(re.findall(r"`((?:flow|training|monitor|objective)\.[a-z_.]+)", PAGE))
    assert named
    assert named <= fields, named - fields


@pytest.mark.parametrize("cls", ORIGINAL_FLOWS)
def test_the_page_translates_every_class_as_the_importer_does(cls):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{cls}` |"))
    given = {"Glow": {"image_shape": (1, 28, 28)}, "RealNVPTabular": {"in_dim": 15}}.get(
        cls, {"img_shape": (1, 28, 28)}
    )
    config, _ = original_config(cls, given)
    for field, value in re.findall(r"flow\.(\w+)=([\w-]+)", row):
        assert str(getattr(config, field)) == value


def test_every_mask_and_file_that_the_pages_name_exists():
    for page in DOCS.glob("*.md"):
        prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", prose):
            assert (page.parent / target).exists(), f"{page.name} names {target}"
    assert {"checkerboard", "horizontal", "cycle"} <= set(MASKS)


EXPLAINING = (DOCS / "explaining.md").read_text(encoding="utf-8")


def test_the_page_on_explanations_lists_every_figure():
    rows = re.findall(r"^\| `(\w+)` \|", EXPLAINING, re.MULTILINE)
    assert rows == list(PICTURES)


def test_the_code_of_the_page_on_explanations_runs():
    (code,) = re.findall(r"```python\n(.*?)```", EXPLAINING, re.DOTALL)
    flow = RealNVPConfig(scales=2, width=2, net=ConvNetConfig()).build((1, 8, 8)).eval()
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 8, 8), dtype=np.uint8)
    names = {"flow": flow, "images": images}
    exec(code, names)
    assert len(names["pictures"]) == len(names["layers"]) == len(names["walk"].couplings) == 10
    assert names["z"].shape == images.shape
    assert names["parts"].log_prob.shape == (3,)


def test_no_backslash_of_a_docstring_is_lost():
    """``\\theta`` in a string that is not raw is a tab and ``heta``."""
    for file in (DOCS.parent / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                lost = set(ast.get_docstring(node, clean=False) or "") & set("\t\a\b\f\v\r")
                assert not lost, f"{getattr(node, 'name', '')} in {file}"


IMAGES = (DOCS / "images.md").read_text(encoding="utf-8")


def test_the_page_on_images_lists_every_kind_of_file_and_every_set_that_lies_in_files():
    own = re.findall(r"^\| `(\w+):PATH` \|", IMAGES, re.MULTILINE)
    assert own == ["folder", *IMAGE_FILES]
    rows = IMAGES.partition("## Data sets")[2]
    named = {name for row in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {name for name, one in SOURCES.items() if not one.built_in and not isinstance(one, TableSource)}


def test_the_page_on_images_says_what_axes_do():
    for axes in re.findall(r"axes=([A-Z]+)", IMAGES):
        assert parse_axes(axes) == axes
    for name, spec in re.findall(r"'(data|ood)=(.*?)'", IMAGES):
        assert parse(spec, SOURCES).path, name


SCORING = (DOCS / "scores.md").read_text(encoding="utf-8")


def test_the_page_on_scores_lists_every_score_and_whether_it_learns():
    rows = {row.split("|")[1].strip(" `"): row for row in SCORING.splitlines() if row.startswith("| `")}
    assert list(rows) == list(SCORES)
    for name, kind in SCORES.items():
        cells = [cell.strip() for cell in rows[name].split("|")]
        assert bool(cells[4]) == kind.learns, name
        assert set(re.findall(r"`(\w+)`", rows[name].partition("|")[2].partition("|")[2])) <= set(kind.model_fields), (
            name
        )
        grouped = "group" in kind.model_fields
        assert ("group" in cells[3]) == grouped, name


TABLES = (DOCS / "tables.md").read_text(encoding="utf-8")


def test_the_commands_of_the_page_on_tables_run(oodflow, own_folders):
    rows = np.random.default_rng(0).standard_normal((120, 3))
    for name, shift in (("train", 0), ("other", 5), ("patients", 0)):
        states = (["", ",well", ",ill"][1 + i % 2] if name == "patients" else "" for i in range(len(rows)))
        lines = [",".join(map(str, row + shift)) + state for row, state in zip(rows, states, strict=True)]
        names = "age,weight,height" + (",state" if name == "patients" else "")
        Path(f"{name}.csv").write_text("\n".join([names, *lines]))
    commands = re.findall(r"^oodflow (.*)$", TABLES, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        arguments = shlex.split(command, comments=True)
        result = oodflow(*arguments, *(["--scale", "smoke"] if arguments[0] == "train" else []))
        assert result.code == 0, result.err


def test_the_errors_of_the_page_on_tables_are_those_of_the_program(tmp_path):
    section = TABLES.partition("## What is refused")[2].partition("\n## ")[0]
    rows = [row.strip("| ").split(" | ") for row in section.splitlines() if row.startswith("| `")]
    assert len(rows) == 7
    for lines, sentence in rows:
        (tmp_path / "x.csv").write_text("\n".join(re.findall("`(.*?)`", lines)) + "\n")
        with pytest.raises(OodflowError) as caught:
            load(f"csv:{tmp_path}/x.csv", "all", cache=tmp_path)
        assert str(caught.value) == f"{tmp_path}/x.csv: {sentence}"


def test_the_page_on_tables_lists_every_option_and_every_set():
    options = re.findall(r"^\| `(\w+)=", TABLES, re.MULTILINE)
    assert options == list(selection.OPTIONS)
    tables = {name for name, source in SOURCES.items() if isinstance(source, TableSource)}
    assert tables <= set(re.findall(r"`(\w+)`", TABLES))
    for recipe in re.findall(r"`((?:tabular|miniboone|hepmass)-[\w-]+)`", TABLES):
        assert recipe in RECIPES


def test_the_code_of_the_page_on_tables_runs():
    (code,) = re.findall(r"```python\n(.*?)```", TABLES, re.DOTALL)
    names = {}
    exec(code, names)
    assert names["log_prob"].shape == (48,)


def settings_of(kind):
    """What stands in the last column: each setting with its default, or all that there is to choose from."""
    cells = []
    for name, field in kind.model_fields.items():
        if name == "kind":
            continue
        if get_origin(field.annotation) is Literal:
            assert field.default == get_args(field.annotation)[0], "the first is the default"
            texts = get_args(field.annotation)
        elif field.is_required() or field.default is None:
            texts = ()
        else:  # scores are written by their names
            default = kind().model_dump(mode="json")[name] if name == "of" else field.default
            texts = (str(default).removesuffix(".0"),)
        cells.append(f"`{name}`: {', '.join(texts)}" if texts else f"`{name}`")
    return "; ".join(cells)


@pytest.mark.parametrize("name", SCORES)
def test_the_page_on_scores_lists_every_setting(name):
    (row,) = [row for row in SCORING.splitlines() if row.startswith(f"| `{name}` |")]
    assert row.split("|")[5].strip() == settings_of(SCORES[name])


def test_the_code_of_the_page_on_scores_runs(tmp_path, monkeypatch):
    (use,) = re.findall(r"```python\n(.*?)```", SCORING, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for long, short in {"steps=500": "steps=2", '"calibration")': '"calibration").limit(8)'}.items():
        assert long in use
        use = use.replace(long, short)
    names = {}
    exec(use, names)
    assert np.array_equal(names["values"], names["fitted"].score(Observation(names["flow"], names["images"])))
    assert names["values"].shape == (32,)


EXTENDING = (DOCS / "extending.md").read_text(encoding="utf-8")


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The file that the page on parts of one's own is, which is forgotten afterwards."""
    file = tmp_path / "mine.py"
    file.write_text("\n".join(re.findall(r"```python\n(.*?)```", EXTENDING, re.DOTALL)))
    monkeypatch.setitem(sys.modules, "mine", None)
    with (
        FLOWS.replacing("another", FLOWS["realnvp"]),
        SCORES.replacing("another", SCORES["likelihood"]),
        STATISTICS.replacing("another", STATISTICS["log_prob"]),
    ):
        yield file


def test_the_commands_of_the_page_on_parts_of_ones_own_run(oodflow, own_folders, mine):
    assert "drawn-in" not in FLOWS
    Path("mine.py").write_text(mine.read_text())
    train, evaluate = (shlex.split(line) for line in re.findall(r"^oodflow (.*)$", EXTENDING, re.MULTILINE))
    for command in ([*train, "--scale", "smoke"], [*evaluate, "--limit", "20"]):
        result = oodflow(*command)
        assert result.code == 0, result.err
    assert "largest-latent" in result.out
    assert load_flow("runs/drawn-in").config.title == "6 couplings, drawn in"


def test_the_entry_points_of_that_page_are_in_groups_that_there_are(mine, monkeypatch):
    (text,) = re.findall(r"```toml\n(.*?)```", EXTENDING, re.DOTALL)
    monkeypatch.syspath_prepend(mine.parent)
    monkeypatch.delitem(sys.modules, "mine")
    groups = tomllib.loads(text)["project"]["entry-points"]
    assert groups.keys() == {registry.group for registry in (FLOWS, SCORES, STATISTICS)}
    for registry in (FLOWS, SCORES, STATISTICS):
        for name, place in groups[registry.group].items():
            assert EntryPoint(name, place, registry.group).load() is registry[name]


DETECTING = (DOCS / "detector.md").read_text(encoding="utf-8")


def test_the_code_of_the_page_on_detectors_runs(tmp_path, monkeypatch):
    pytest.importorskip("zuko")
    monkeypatch.chdir(tmp_path)

    def hasty(rows, columns):
        return Recipe(TabularConfig(couplings=2, width=8), TrainingConfig(steps=3, batch_size=min(64, rows)))

    monkeypatch.setattr("oodflow.detectors.models.table_recipe", hasty)
    rng = np.random.default_rng(0)
    images = np.cumsum(rng.integers(0, 30, (60, 1, 8, 8)), axis=3).astype(np.uint8)
    names = {"embeddings": rng.normal(size=(100, 8)), "images": images[:30], "held_out": images[30:]}
    for code in re.findall(r"```python\n(.*?)```", DETECTING, re.DOTALL):
        exec(re.sub(r"steps=\d+", "steps=2", code), names)
    assert names["contributions"].shape == (5, 30)
    assert len(names["p_values"]) == len(names["verdicts"]) == len(names["other"])
    assert names["search"].best_params_["flow__n_components"] in (1, 2, 4)


def test_the_page_on_detectors_names_every_argument():
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", DETECTING, re.MULTILINE)
    assert set(re.findall(r"\w+", " ".join(rows))) == set(inspect.signature(FlowDetector).parameters)


def test_the_page_on_detectors_tells_numbers_that_are_so():
    assert f"{USUAL + NEAR} D times" in DETECTING
    assert (VALIDATION, AUTO_FPR, table_recipe(1000, 5).flow.domain.jitter) == (0.2, 0.05, 0.5)
    dealt = (deal_rows(RealSet.from_array(np.zeros((n, 2))), None, 0, fits=True, chooses=True) for n in (182, 183))
    assert [len(parts.calibration) for parts in dealt] == [18, 19]


REPRODUCING = (DOCS / "reproducing.md").read_text(encoding="utf-8")


def test_the_experiment_of_the_page_keeps_the_contract():
    (code,) = re.findall(r"```python\n(.*?)```", REPRODUCING, re.DOTALL)
    from oodflow.paper.experiments import EXPERIMENTS

    with EXPERIMENTS.replacing("wider", EXPERIMENTS["fig7"]):
        exec(code.replace('EXPERIMENTS.register("wider")(', "(lambda one: one)("), {})


def test_the_page_names_every_experiment_and_counts_the_trainings_of_table_1():
    from oodflow.paper.experiments import EXPERIMENTS
    from oodflow.paper.graph import nodes
    from oodflow.paper.lab import Lab

    for name in EXPERIMENTS:
        assert re.search(rf"\b{name}\b", REPRODUCING) or re.fullmatch(r"fig([1-9]|1[0-8])", name), name
    trained = [node for node in nodes([EXPERIMENTS["table1"]], Lab(Path("none"), "cpu")) if node.kind == "train"]
    (told,) = re.findall(r"# (\d+) trainings", REPRODUCING)
    assert int(told) == len([node for node in trained if not node.name.removesuffix("-0").endswith("untrained")])
