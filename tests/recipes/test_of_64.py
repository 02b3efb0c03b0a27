"""The flows of the paper's Figures 1 and 15, over 64x64 colour images: trained and asked, on small official files."""

import json

import pytest

from data.layouts import random_images, write_celeba, write_cifar10, write_imagenet, write_svhn
from oodflow.recipes import RECIPES
from oodflow.runs import RunDir


@pytest.fixture
def root(tmp_path):
    """Where the command line looks for data, with a few images of each set that is trained on or asked about."""
    root = tmp_path / "data"
    folders = ("Imagenet64_train_part1_npz/train_data_batch_1", "Imagenet64_train_part2_npz/train_data_batch_6")
    for seed, name in enumerate((*folders, "Imagenet64_val_npz/val_data")):  # as the authors' zip files unpack
        write_imagenet(root / f"imagenet64/{name}.npz", random_images(20, 3, 64, 64, seed=seed))
    write_celeba(root, "0" * 14 + "1" * 4 + "2" * 6)
    write_svhn(root, "test", random_images(6, 3, 32, 32, seed=3))
    write_cifar10(root, "test_batch", random_images(6, 3, 32, 32, seed=4))
    return root


@pytest.mark.parametrize(
    ("recipe", "trained_on", "images", "sets"),
    [
        (
            "imagenet64-realnvp",
            "imagenet64",
            36,
            {"imagenet64": 20, "celeba?shape=3x64x64": 6, "svhn?shape=3x64x64": 6},
        ),
        (
            "celeba64-realnvp",
            "celeba?shape=3x64x64",
            13,
            {"celeba?shape=3x64x64": 6, "cifar10?shape=3x64x64": 6, "svhn?shape=3x64x64": 6},
        ),
    ],
)
def test_is_trained_and_asked(oodflow, root, tmp_path, recipe, trained_on, images, sets):
    trained = oodflow("train", recipe, "--scale", "smoke", "--out", tmp_path / "run")
    assert trained.code == 0, trained.err
    training = json.loads((tmp_path / "run/record.json").read_text())["training"]
    assert (training["data"]["name"], training["data"]["images"], training["steps"]) == (trained_on, images, 4)
    assert RunDir(tmp_path / "run").config().flow == RECIPES[recipe]("smoke").flow
    asked = oodflow("evaluate", tmp_path / "run", "--json")
    assert asked.code == 0, asked.err
    found = json.loads(asked.out)["sets"]
    assert {one["name"]: one["images"] for one in found} == sets
    assert {tuple(one["shape"]) for one in found} == {(3, 64, 64)}


def test_the_published_flow_of_imagenet_has_its_numbers():
    """Appendix E."""
    config = RECIPES["imagenet64-realnvp"]("paper")
    flow, training = config.flow, config.training
    assert (flow.scales, flow.net.blocks, flow.width) == (5, 2, 64)
    assert (training.optimiser, training.lr, training.batch_size, training.weight_decay) == ("adam", 1e-3, 64, 5e-5)
    assert training.steps == 42 * 20_019  # of 1,281,167 images by 64
    assert flow.build((3, 64, 64)).shape == (3, 64, 64)
