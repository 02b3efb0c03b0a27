"""Every recipe keeps the contract, with tiny files in place of the real data, and the contract catches others."""

import pytest

from data.layouts import (
    random_images,
    write_celeba,
    write_cifar10,
    write_hepmass,
    write_idx,
    write_imagenet,
    write_miniboone,
    write_svhn,
)
from oodflow.errors import UsageError
from oodflow.recipes import RECIPES, SCALES
from oodflow.runs import override
from oodflow.testing.recipes import check_recipe


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A data root with forty images of every official set."""
    root = tmp_path_factory.mktemp("data")
    for name in ("mnist", "fashion_mnist"):
        write_idx(root / name / "train-images-idx3-ubyte.gz", random_images(40, 28, 28))
    write_cifar10(root, "data_batch_1", random_images(40, 3, 32, 32))
    write_svhn(root, "train", random_images(40, 3, 32, 32))
    write_celeba(root, "0" * 20)
    write_miniboone(root)
    write_hepmass(root)
    write_imagenet(root / "imagenet64/train_data_batch_1.npz", random_images(40, 3, 64, 64))
    return root


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_keeps_the_contract(name, root):
    check_recipe(RECIPES[name], root)


@pytest.mark.parametrize("name", RECIPES)
def test_registry_and_configuration_agree_on_the_name(name):
    assert RECIPES[name]("smoke").recipe == name


def test_the_demo_and_flows_that_are_newer_are_not_in_the_paper():
    refused = {name for name in RECIPES if not _exists(name, "paper")}
    newer = {name for name in RECIPES if name.endswith(("-mixture", "-autoregressive", "-tarflow"))}
    newer |= {name for name in RECIPES if name.startswith(("local-", "background-"))}
    assert refused == {"demo-mnist", "demo-digits", "photographs-realnvp", "tabular-realnvp", "tabular-spline"} | newer


def test_the_papers_names_stand_for_affine_couplings():
    for name in RECIPES:
        if name.endswith(("-realnvp", "-glow")):
            assert RECIPES[name]("cpu").flow.transformer.kind == "affine", name


def test_a_background_is_the_flow_of_the_paper_trained_on_mutated_images_with_decay():
    for name in [name for name in RECIPES if name.startswith("background-")]:
        config, plain = RECIPES[name]("cpu"), RECIPES[f"{name.removeprefix('background-')}-realnvp"]("cpu")
        assert (config.flow, config.data) == (plain.flow, f"{plain.data}?mutated=0.2")
        decayed = {"weight_decay": config.training.weight_decay, "decay": "all"}
        assert config.training == plain.training.model_copy(update=decayed)
        assert config.training.weight_decay > 0


def _exists(name, scale):
    try:
        return RECIPES[name](scale).scale == scale
    except UsageError:
        return False


def test_paper_scale_trains_on_the_whole_official_part():
    for name in RECIPES:
        for scale in filter(lambda scale: _exists(name, scale), SCALES):
            assert RECIPES[name](scale).split == ("train+calibration" if scale == "paper" else "train")


def changed(**fields):
    """A recipe that is fine but for some fields."""
    return lambda scale: RECIPES["photographs-realnvp"](scale).model_copy(update=fields)


def overridden(*settings):
    return lambda scale: override(RECIPES["photographs-realnvp"](scale), settings)


@pytest.mark.parametrize(
    ("recipe", "clause"),
    [
        (lambda scale: RECIPES["mnist-glow"]("cpu"), "unknown scale is refused"),
        (changed(scale="cpu"), "configuration of scale smoke says cpu"),
        (changed(recipe=""), "has a name"),
        (changed(ood=("photographs",)), "trained on"),
        (changed(ood=()), "names out-of-distribution sets"),
        (changed(ood=("mnist",)), "one shape"),
        (overridden("flow.width=8"), "smaller than its cpu scale"),
        (overridden("flow.alpha=0.0", "training.lr=1e30"), "finite loss"),
    ],
)
def test_the_contract_catches(recipe, clause):
    with pytest.raises(AssertionError, match=clause):
        check_recipe(recipe)


def test_the_contract_catches_unknown_data():
    with pytest.raises(UsageError, match="unknown data set 'photos'"):
        check_recipe(changed(data="photos"))


def test_the_contract_catches_a_flow_that_does_not_fit():
    with pytest.raises(UsageError, match="even H and W"):
        check_recipe(overridden("flow.scales=9"))


@pytest.mark.parametrize(
    ("name", "epochs", "images"),
    [
        ("fashion-mnist-realnvp", 80, 60_000),
        ("mnist-glow", 80, 60_000),
        ("cifar10-realnvp", 100, 50_000),
        ("svhn-realnvp", 100, 73_257),
        ("celeba-realnvp", 100, 162_770),
        ("celeba-glow", 80, 162_770),
        ("celeba64-realnvp", 100, 162_770),
        ("imagenet64-realnvp", 42, 1_281_167),
        ("masks-celeba-cycle", 100, 162_770),
        ("bottleneck-fashion-mnist-10", 80, 60_000),
        ("miniboone-signal-realnvp", 100, 32_849),
    ],
)
def test_paper_scale_trains_for_the_papers_epochs_of_each_set(name, epochs, images):
    config = RECIPES[name]("paper")
    assert config.training.steps * config.training.batch_size == pytest.approx(epochs * images, rel=1e-3)
    assert config.training.steps == epochs * config.monitor.every
    assert config.split == "train+calibration"
