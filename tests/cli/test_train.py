"""``oodflow train``: what is asked for, and what is printed."""

import json
import re

import pytest

from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig


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


def test_precision(oodflow):
    assert config_of(oodflow, "mnist-glow", "--precision", "bfloat16").training.precision == "bfloat16"


def test_progress_goes_to_stderr(oodflow, tiny, tmp_path, sets):
    result = oodflow(*tiny, "--out", tmp_path / "[a] run")  # brackets are no markup
    assert result.code == 0
    assert result.out == ""
    lines = result.err.splitlines()
    assert lines[0] == f"Training realnvp on 160 images of {sets.inside} in {tmp_path / '[a] run'}"
    assert lines[1].startswith("step 4: 16 test images at ")
    assert f"AUROC {sets.outside}" in lines[1]
    assert lines[-1] == f"Done. Next: oodflow evaluate '{tmp_path / '[a] run'}'"


def test_where_a_run_goes_unless_told(oodflow, tiny, tmp_path):
    assert oodflow(*tiny).code == 0
    (overridden,) = (tmp_path / "here/runs").iterdir()
    assert re.fullmatch("photographs-realnvp-smoke-[0-9a-f]{6}", overridden.name)  # not the recipe's own
    assert oodflow("train", "photographs-realnvp", "--scale", "smoke").code == 0
    assert json.loads((tmp_path / "here/runs/photographs-realnvp-smoke/record.json").read_text())
