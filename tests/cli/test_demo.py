"""``oodflow demo``."""

import json

import pytest

from data.layouts import random_images, write_idx
from oodflow.recipes.demo import CASES, demo

BUILT_IN = ["photographs", "digits", "flat", "smooth", "noise"]
TRAIN, TEST = "train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"


def test_demo(oodflow, tmp_path, rendered):
    (tmp_path / "here/runs/demo-1").mkdir(parents=True)
    result = oodflow("demo", "--scale", "smoke")
    assert result.code == 0, result.err
    run = tmp_path / "here/runs/demo-2"  # the next that is free
    for name in (*BUILT_IN, "likelihood", "complexity"):
        assert name in result.out
    assert result.err.splitlines()[0] == (
        "Showing what a flow of photographs makes of digits, flat, smooth, noise: for the paper's own case, "
        f"fashion_mnist and mnist, there is no fashion_mnist and no mnist in {tmp_path / 'data'}; to have it, run "
        "`oodflow data get fashion_mnist mnist`."
    )
    record = json.loads((run / "record.json").read_text())
    assert asked(run) == BUILT_IN
    assert record["training"]["command"] == "oodflow demo --scale smoke"
    (folder,) = (run / "evaluations").iterdir()
    assert (folder / "likelihoods.png").exists()
    assert (folder / "samples.png").exists()


@pytest.mark.parametrize(
    ("sets", "outside", "why"),
    [
        (["fashion_mnist", "mnist"], "mnist", "the paper's own case, whose data are at hand."),
        (["fashion_mnist"], "framed_digits", "there is no mnist in "),
    ],
    ids=["with MNIST", "with the digits of scikit-learn"],
)
def test_clothes_and_digits_where_there_are_clothes(oodflow, tmp_path, sets, outside, why):
    for name in sets:
        official(tmp_path / "elsewhere" / name)
    result = oodflow("demo", "--scale", "smoke", "--data-dir", tmp_path / "elsewhere", "--out", "run")
    assert result.code == 0, result.err
    assert result.err.startswith(f"Showing what a flow of fashion_mnist makes of {outside}: ")
    assert why in result.err.splitlines()[0]
    assert asked(tmp_path / "here/run") == ["fashion_mnist", outside]


def test_what_is_installed_is_at_hand(oodflow, tmp_path):
    place = tmp_path / "share/datasets/fashion-mnist"  # as Debian's package has it
    official(place)
    assert demo("smoke")[0].recipe == "demo-digits"
    (listed,) = [one for one in json.loads(oodflow("data", "list", "--json").out) if one["name"] == "fashion_mnist"]
    assert listed["counts"] == {"train": 60, "test": 40}
    assert listed["detail"].startswith(f"train: partial: 60 of 60,000 images; in {place}; test: ")


@pytest.mark.parametrize("absent", ["train", "test"])
def test_half_of_the_clothes_are_none(tmp_path, absent):
    official(tmp_path / "data/fashion_mnist")
    (tmp_path / "data/fashion_mnist" / {"train": TRAIN, "test": TEST}[absent]).unlink()
    assert demo("smoke")[0].recipe == CASES[-1]


def official(folder):
    """Small files in the layout of MNIST and FashionMNIST."""
    write_idx(folder / TRAIN, random_images(60, 28, 28, seed=1))
    write_idx(folder / TEST, random_images(40, 28, 28, seed=len(folder.name)))


def asked(run) -> list[str]:
    (folder,) = (run / "evaluations").iterdir()
    return [one["name"] for one in json.loads((folder / "evaluation.json").read_text())["sets"]]
