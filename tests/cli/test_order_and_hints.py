"""Options before or after positionals, and what is said to who writes one that there is not."""

import pytest

from oodflow.cli.parser import build_parser, parse

HINTS = {
    "epochs": (["--epochs", "3"], "unrecognized arguments: --epochs: training counts steps, not epochs: write"),
    "lr": (["--lr", "1e-4"], "unrecognized arguments: --lr: write training.lr=1e-4; see `oodflow train --help`."),
    "one dash": (["-lr", "1e-4"], "unrecognized arguments: -lr: write training.lr=1e-4"),
    "equals": (["--training.steps=5"], "unrecognized arguments: --training.steps=5: write training.steps=5;"),
    "in two": (["--training.steps", "5"], "unrecognized arguments: --training.steps: write training.steps=5;"),
    "mistyped": (["--training.stps=5"], "write training.steps=5"),
    "dashes": (["--batch-size", "64"], "write training.batch_size=64"),
    "width": (["--width", "4"], "write flow.width=4"),
    "data set": (["--dataset", "mnist"], "write data=mnist"),
    "rate": (["--learning-rate=0.1"], "write training.lr=0.1"),
    "output": (["--output", "x"], "write --out;"),
    "gpu": (["--gpu"], "write --device cuda;"),
    "no section": (["lr=1e-4"], "unknown field 'lr': write training.lr=0.0001."),
    "epochs as a field": (["epochs=5"], "unknown field 'epochs': training counts steps, not epochs: write training.st"),
    "seed": (["--seed", "1.5"], "argument --seed: expected a whole number but got '1.5'"),
    "device": (["--device", "gpu"], "argument --device: 'gpu': expected auto, cpu, cuda, cuda:1"),
    "second word": (["mnist-glow"], "override 'mnist-glow' is not of the form field=value"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), HINTS.values(), ids=HINTS)
def test_what_was_meant(oodflow, own_folders, arguments, message):
    result = oodflow("train", "photographs-realnvp", "--scale", "smoke", *arguments)
    assert message in result.error
    assert result.code == 2


def test_what_was_meant_by_other_verbs(oodflow, own_folders):
    assert "--out-of-distribution a: write --ood;" in oodflow("evaluate", "x", "--out-of-distribution", "a").error
    assert "--jsn: write --json" in oodflow("compare", "x", "--jsn").error
    assert "--json: it goes behind the verb" in oodflow("--json", "data", "list").error
    assert oodflow("bench", "--nothing-like-it").error.endswith("--nothing-like-it; see `oodflow bench --help`.")


def test_a_recipe_may_stand_behind_its_settings():
    for words in (
        ["training.steps=3", "--scale", "smoke", "mnist-glow", "flow.width=4"],
        ["--scale", "smoke", "training.steps=3", "flow.width=4", "mnist-glow"],
        ["mnist-glow", "training.steps=3", "--scale", "smoke", "flow.width=4"],
    ):
        found = parse(["train", *words])
        assert (found.recipe, found.overrides) == ("mnist-glow", ["training.steps=3", "flow.width=4"])
        assert found.scale == "smoke"


def test_a_run_may_stand_behind_an_option_of_several_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for words in (
        ["--ood", "mnist", "svhn", "one", "two"],
        ["--ood", "mnist", "svhn", "one", "two", "--limit", "5"],
        ["--ood", "mnist", "svhn", "one", "two", "--scores", "likelihood"],
        ["one", "two", "--ood", "mnist", "svhn"],
        ["--ood", "mnist", "svhn", "--", "one", "two"],
    ):
        found = parse(["evaluate", *words])
        assert found.ood == ["mnist", "svhn"]
        assert [str(path) for path in found.run_dirs] == ["one", "two"]
    assert parse(["evaluate", "--limit", "5", "one", "--ood", "two"]).ood == ["two"]  # all is said already
    assert parse(["evaluate", "--fpr", ".5", "one"]).fpr == 0.5
    assert parse(["tabular", "--tables", "a", "new.jsonl", "--methods", "x"]).trials.name == "new.jsonl"
    assert parse(["embed", "--encoder", "e", "--split", "train", "mnist"]).data == "mnist"


@pytest.mark.parametrize("words", [["--ood", "mnist"], ["--ood", "mnist", "svhn"], ["--ood"], []])
def test_a_run_that_is_missing_is(oodflow, own_folders, words):
    assert "RUN" in oodflow("evaluate", *words).error or "--ood: expected" in oodflow("evaluate", *words).error


def test_the_parser_of_every_verb_takes_its_words_in_any_order():
    """What is moved is never an option or its only value."""
    parser = build_parser()
    assert parser.parse_args(["data", "--plugin", "p.py", "list", "--json"]).json
