"""``oodflow train``: what is asked for, and what is printed."""

import json
import re

import pytest

from oodflow.cli import main
from oodflow.cli.parser import build_parser
from oodflow.cli.train import EVERYWHERE
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig, RunDir


def config_of(oodflow, *arguments):
    result = oodflow("train", *arguments, "--print-config")
    assert result.code == 0, result.err
    return RunConfig.model_validate_json(result.out)


def test_list_names_every_recipe(oodflow):
    result = oodflow("train", "--list")
    assert [line.split()[0] for line in result.out.splitlines()] == list(RECIPES)


def test_print_config_writes_nothing(oodflow, tmp_path):
    assert config_of(oodflow, "mnist-glow") == RECIPES["mnist-glow"]("cpu")
    assert config_of(oodflow, "mnist-glow", "--scale", "paper") == RECIPES["mnist-glow"]("paper")
    assert not list((tmp_path / "here").iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["mnist-glow", "flow.steps=3", "training.lr=1e-4", "--seed", "5", "--scale", "smoke"],
        ["--scale", "smoke", "mnist-glow", "flow.steps=3", "--seed", "5", "training.lr=1e-4"],
        ["--seed", "5", "--scale", "smoke", "mnist-glow", "training.lr=1e-4", "flow.steps=3"],
    ],
)
def test_settings_may_stand_anywhere(oodflow, arguments):
    config = config_of(oodflow, *arguments)
    assert (config.flow.steps, config.training.lr, config.training.seed) == (3, 1e-4, 5)
    assert config.scale == "smoke"


def test_print_config_of_a_run(oodflow, run):
    result = oodflow("train", "--resume", run, "--print-config")
    assert result.code == 0
    assert RunConfig.model_validate_json(result.out) == RunDir(run).config()


GIVEN = {
    "recipe": ["mnist-glow"], "overrides": ["mnist-glow", "flow.steps=3"], "scale": ["--scale", "smoke"],
    "from": ["--from", "nowhere"],
    "out": ["--out", "there"], "resume": ["--resume", "nowhere"], "seed": ["--seed", "0"],
    "precision": ["--precision", "tf32"], "list": ["--list"], "print_config": ["--print-config"],
    "device": ["--device", "cpu"], "data_dir": ["--data-dir", "here"],
}  # fmt: skip
SETTINGS = {"recipe", "overrides", "scale", "seed", "precision", "from"}
TAKEN = {
    "list": {"list"},
    "resume": {"resume", "overrides", "device", "data_dir", "print_config"},
    "print_config": {"print_config", "resume", *SETTINGS},
}


def test_every_argument_of_train_is_known_here():
    actions = build_parser().parse_args(["train"])
    assert set(vars(actions)) - set(EVERYWHERE) == set(GIVEN)


@pytest.mark.parametrize(("mode", "argument"), [(m, a) for m in TAKEN for a in GIVEN if a not in TAKEN[m]])
def test_nothing_that_is_given_is_ignored(oodflow, mode, argument):
    """What would make no difference is refused by name."""
    result = oodflow("train", *GIVEN[mode], *GIVEN[argument])
    assert result.code == 2
    assert any(f"leave {word} away" in result.error for word in GIVEN[mode] + GIVEN[argument]), result.error


def test_precision(oodflow, capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    named = "".join(capsys.readouterr().out.split())
    assert "trainingprecision=float32,tf32orbfloat16" in named.replace(".", "")
    assert config_of(oodflow, "mnist-glow", "--precision", "bfloat16").training.precision == "bfloat16"


def test_progress_goes_to_stderr(oodflow, tiny, tmp_path, sets):
    result = oodflow(*tiny, "--out", tmp_path / "[a] run")  # brackets are no markup
    assert result.code == 0
    assert result.out == ""
    lines = result.err.splitlines()
    assert lines[0] == f"Training realnvp on 160 images of {sets.inside} in {tmp_path / '[a] run'}"
    assert lines[1].startswith("step 4: 16 calibration images at ")
    assert f"AUROC {sets.outside}" in lines[1]
    assert lines[-1] == f"Done. Next: oodflow evaluate '{tmp_path / '[a] run'}'"


def test_where_a_run_goes_unless_told(oodflow, tiny, tmp_path):
    assert oodflow(*tiny).code == 0
    (overridden,) = (tmp_path / "here/runs").iterdir()
    assert re.fullmatch("photographs-realnvp-smoke-[0-9a-f]{6}", overridden.name)  # not the recipe's own
    assert oodflow("train", "photographs-realnvp", "--scale", "smoke").code == 0
    assert json.loads((tmp_path / "here/runs/photographs-realnvp-smoke/record.json").read_text())
