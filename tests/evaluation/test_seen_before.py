"""What is said where a score asks a flow that was trained on what is asked about."""

import json
import shutil

import pytest

from oodflow.flows import load_tensors, save_tensors

from .asking import newest, unescaped


@pytest.fixture
def other(run, tmp_path, sets):
    """A run on what is out of distribution for the first, or on other data."""

    def made(data=sets.outside, **settings):
        path = shutil.copytree(run, tmp_path / "other")
        config = json.loads((path / "config.json").read_text()) | {"data": data, "ood": []} | settings
        (path / "config.json").write_text(json.dumps(config))
        tensors, about = load_tensors(path / "weights.safetensors")
        save_tensors(
            path / "weights.safetensors",
            {name: one * 1.01 if one.is_floating_point() else one for name, one in tensors.items()},
            about,
        )
        return path

    return made


def noted(oodflow, run, score):
    result = oodflow("evaluate", run, "--scores", score)
    assert result.code == 0, result.err
    inside, outside = newest(run).sets
    assert inside.note == ""
    return outside.note, unescaped(result.out)


@pytest.mark.parametrize("form", ["likelihood-ratio?background={}", "waic?others={}", "two-sided?of=waic?others={}"])
def test_a_flow_that_was_trained_on_what_is_asked_about_is_named(oodflow, run, sets, other, form):
    path = other()
    score = form.format(path)
    note, page = noted(oodflow, run, score)
    assert note == (
        f"the flow in {path} was trained on this set, so that {score} has seen it: its AUROC is none of a set that "
        "nobody knew"
    )
    assert f"{sets.outside} all: {note}." in page


def test_a_file_of_weights_in_a_run_and_a_set_that_was_mutated_are_known_too(oodflow, run, sets, other):
    path = other(f"{sets.outside}?mutated=0.2") / "weights.safetensors"
    assert f"the flow in {path} was trained on this set" in noted(oodflow, run, f"waic?others={path}")[0]


def test_so_is_a_set_that_was_pushed_down_in_training(oodflow, run, sets, other):
    path = other(sets.inside, objective={"kind": "negative", "data": sets.outside})
    assert "was trained on this set" in noted(oodflow, run, f"waic?others={path}")[0]


def test_nothing_is_said_of_other_flows(oodflow, run, sets, other, tmp_path):
    path = other(sets.inside)
    assert noted(oodflow, run, f"waic?others={path}")[0] == ""
    shutil.copy(path / "weights.safetensors", tmp_path / "alone.safetensors")  # nobody knows what it was trained on
    assert noted(oodflow, run, f"waic?others={tmp_path / 'alone.safetensors'}")[0] == ""
    (path / "config.json").write_text("damaged")
    assert noted(oodflow, run, f"waic?others={path / 'weights.safetensors'}")[0] == ""
