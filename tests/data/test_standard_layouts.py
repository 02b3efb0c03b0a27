"""Data sets in the layouts that they are published in, unpacked by their archives or by other libraries."""

import numpy as np
import pytest

from oodflow.data import SOURCES, download, load, status, verify
from oodflow.errors import OodflowError, UsageError
from oodflow.testing import check_source

from .layouts import (
    idx_bytes,
    jpeg,
    random_images,
    write_batch,
    write_celeba,
    write_idx,
    write_imagenet,
    write_omniglot,
    write_picture,
    write_svhn,
)

COLOUR = random_images(30, 3, 32, 32)
GREY = random_images(30, 28, 28)


@pytest.mark.parametrize("place", ["cifar100/cifar-100-python", "cifar-100-python", "CIFAR-100/cifar-100-python"])
def test_cifar100(root, open_set, place):
    write_batch(root / place / "train", COLOUR, fine_labels=[0] * 30, coarse_labels=[0] * 30)
    write_batch(root / place / "test", COLOUR[::-1].copy(), fine_labels=[0] * 30, coarse_labels=[0] * 30)
    np.testing.assert_array_equal(open_set("cifar100", "train+calibration").batch(slice(None)), COLOUR)
    np.testing.assert_array_equal(open_set("cifar100").batch(slice(None)), COLOUR[::-1])
    check_source(SOURCES["cifar100"], root)


def test_the_two_cifars_are_not_taken_for_each_other(root, open_set):
    write_batch(root / "cifar10/cifar-10-batches-py/test_batch", COLOUR, fine_labels=[0] * 30, coarse_labels=[0] * 30)
    write_batch(root / "cifar100/cifar-100-python/test", COLOUR, labels=[0] * 30)
    with pytest.raises(OodflowError, match="test_batch: not a CIFAR-10 batch: it is one of CIFAR-100"):
        open_set("cifar10")
    with pytest.raises(OodflowError, match="test: not a CIFAR-100 batch: it is one of CIFAR-10;"):
        open_set("cifar100")


@pytest.mark.parametrize("place", ["kmnist/{}.gz", "kmnist/{}", "KMNIST/raw/{}"])
def test_kmnist(root, open_set, place):
    write_idx(root / place.format("train-images-idx3-ubyte"), GREY)
    write_idx(root / place.format("t10k-images-idx3-ubyte"), GREY[:12])
    np.testing.assert_array_equal(open_set("kmnist").batch(slice(None))[:, 0], GREY[:12])
    check_source(SOURCES["kmnist"], root)


@pytest.mark.parametrize("place", ["emnist/gzip/{}.gz", "emnist/{}.gz", "EMNIST/raw/{}"])
def test_emnist_is_put_upright(root, open_set, place):
    lying = np.ascontiguousarray(GREY.transpose(0, 2, 1))
    write_idx(root / place.format("emnist-letters-train-images-idx3-ubyte"), lying)
    write_idx(root / place.format("emnist-letters-test-images-idx3-ubyte"), lying[:12])
    opened = open_set("emnist_letters")
    np.testing.assert_array_equal(opened.batch(slice(None))[:, 0], GREY[:12])
    assert opened.note == "partial: 12 of 20,800 images"
    assert status("emnist_letters", root).counts == {"train": 30, "test": 12}
    assert status("emnist_digits", root).state == "missing"
    check_source(SOURCES["emnist_letters"], root)


def test_emnist_is_several_sets(root, open_set):
    for ask in (lambda: open_set("EMNIST"), lambda: download("emnist", root)):
        with pytest.raises(UsageError, match="is several data sets: name one of emnist_byclass, emnist_bymerge"):
            ask()


def test_emnist_says_where_to_get_it(root):
    with pytest.raises(OodflowError, match=r"nist\.gov/itl/products-and-services/emnist-dataset .*emnist"):
        download("emnist_balanced", root)


@pytest.mark.parametrize("zipped", [True, False])
def test_omniglot(root, open_set, zipped):
    drawn = np.random.default_rng(0).integers(0, 2, (8, 105, 105), np.uint8) * np.uint8(255)
    write_omniglot(root, "images_background", drawn, zipped=zipped)
    write_omniglot(root, "images_evaluation", drawn[::-1], zipped=zipped)
    opened = open_set("omniglot")
    np.testing.assert_array_equal(opened.batch(slice(None))[:, 0], drawn[::-1])
    assert opened.note == "partial: 8 of 13,180 images"
    assert open_set("omniglot?shape=1x28x28").shape == (1, 28, 28)
    assert len(SOURCES["omniglot"].files("train", root)) == 1


def test_omniglot_keeps_the_contract(root):
    drawn = np.random.default_rng(1).integers(0, 2, (8, 105, 105), np.uint8) * np.uint8(255)
    write_omniglot(root, "images_evaluation", drawn)
    check_source(SOURCES["omniglot"], root)


@pytest.mark.parametrize("side", [64, 32])
@pytest.mark.parametrize("compressed", [False, True])
def test_small_imagenet(root, open_set, side, compressed, monkeypatch):
    monkeypatch.setattr("oodflow.data.sources.imagenet.CHUNK_BYTES", 5 * 3 * side**2)  # several chunks a batch
    images, name = random_images(24, 3, side, side), f"imagenet{side}"
    folder = f"Imagenet{side}_train{'_part1' if side == 64 else ''}_npz"
    write_imagenet(root / name / folder / "train_data_batch_1.npz", images[:12], compressed=compressed)
    write_imagenet(root / name / "train_data_batch_10.npz", images[12:], compressed=compressed)
    write_imagenet(root / name / f"Imagenet{side}_val_npz/val_data.npz", images[:7], compressed=compressed)
    np.testing.assert_array_equal(open_set(name, "train+calibration").batch(slice(None)), images)
    np.testing.assert_array_equal(open_set(name).batch(slice(None)), images[:7])
    assert status(name, root).detail.startswith("train: partial: 24 of 1,281,167 images")
    check_source(SOURCES[name], root)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"data": np.zeros((2, 3072), np.uint8)}, r"'data' should be uint8 \[n,12288\] .*, but is uint8 \[2, 3072\]"),
        ({"data": np.zeros((2, 12288))}, ".* is float64"),
        ({"x": np.zeros(3)}, "it holds no array 'data' but x"),
        ({"data": np.zeros((0, 12288), np.uint8)}, r".* is uint8 \[0, 12288\]"),
        ({"data": np.asfortranarray(np.zeros((2, 12288), np.uint8))}, ".* by column"),
    ],
)
def test_refuses_archives_that_are_not_imagenet(root, open_set, arrays, sentence):
    (root / "imagenet64").mkdir()
    np.savez(root / "imagenet64/val_data.npz", **arrays)
    with pytest.raises(OodflowError, match=rf"val_data\.npz: {sentence}"):
        open_set("imagenet64")


def faces(folder, ending: str, count: int = 7) -> None:
    """Pictures of one grey level each, ten times their number."""
    folder.mkdir(parents=True)
    for i in range(1, count + 1):
        level = np.full((218, 178, 3), 10 * i, np.uint8)
        if ending == "png":
            write_picture(folder / f"{i:06d}.png", level)
        else:
            (folder / f"{i:06d}.{ending}").write_bytes(jpeg(level))


CODES = "0012210"
LINES = "".join(f"{i:06d}.jpg {code}\n" for i, code in enumerate(CODES, 1))
CSV = "image_id,partition\n" + LINES.replace(" ", ",")


@pytest.mark.parametrize(
    ("folder", "ending", "partition", "text"),
    [
        ("celeba/img_align_celeba/img_align_celeba", "jpg", "celeba/list_eval_partition.csv", CSV),  # Kaggle's
        ("celeba/img_align_celeba", "jpg", "celeba/list_eval_partition.csv", CSV),
        ("celeba/img_align_celeba_png", "png", "celeba/list_eval_partition.txt", LINES),
        ("celeba/img_align_celeba", "png", "celeba/list_eval_partition.txt", LINES),
        ("celeba/img_align_celeba", "jpg", "celeba/list_eval_partition.txt", "\ufeff" + LINES.replace("\n", "\r\n")),
        ("celeba/img_align_celeba", "jpg", "celeba/list_eval_partition.txt", CSV),
        ("CelebA/Img/img_align_celeba", "JPG", "CelebA/Eval/list_eval_partition.txt", LINES),
    ],
    ids=["kaggle", "csv", "png", "png in the folder of jpg", "crlf and bom", "csv called txt", "the authors' folders"],
)
def test_celeba(root, open_set, folder, ending, partition, text):
    faces(root / folder, ending)
    (root / partition).parent.mkdir(exist_ok=True)
    (root / partition).write_text(text, encoding="utf-8", newline="")
    for split, numbers in (("train+calibration", [1, 2, 7]), ("test", [4, 5])):
        levels = open_set("celeba", split).batch(slice(None)).mean((1, 2, 3)) / 10
        assert np.rint(levels).astype(int).tolist() == numbers
    assert open_set("celeba").note == "partial: 2 of 19,962 images"


@pytest.mark.parametrize(
    "name", ["MNIST", "mnist", "Mnist", "CelebA", "celeb_a", "CIFAR10", "cifar-10", "Fashion-MNIST", "FashionMNIST"]
)
def test_names_are_found_however_they_are_written(name, root, open_set):
    write_idx(root / "mnist/t10k-images-idx3-ubyte", GREY)
    write_idx(root / "FashionMNIST/raw/t10k-images-idx3-ubyte", GREY)
    write_batch(root / "cifar-10-batches-py/test_batch", COLOUR, labels=[0] * 30)
    write_celeba(root, "00222")
    opened = open_set(f"{name}?shape=1x8x8")
    assert opened.shape == (1, 8, 8)
    assert opened.name.partition("?")[0] in SOURCES
    assert status(name, root).state == "partial"


@pytest.mark.parametrize(
    "place",
    [
        "mnist/t10k-images.idx3-ubyte",
        "mnist/T10K-IMAGES-IDX3-UBYTE.GZ",
        "Mnist/Raw/t10k-images-idx3-ubyte",
        "MNIST/t10k_images_idx3_ubyte",
    ],
)
def test_files_are_found_however_they_are_written(root, open_set, place):
    write_idx(root / place, GREY)
    np.testing.assert_array_equal(open_set("mnist").batch(slice(None))[:, 0], GREY)


def test_a_file_is_uncompressed_by_what_it_is(root, open_set):
    path = root / "mnist/t10k-images-idx3-ubyte.gz"
    path.parent.mkdir()
    path.write_bytes(idx_bytes(GREY))
    np.testing.assert_array_equal(open_set("mnist").batch(slice(None))[:, 0], GREY)
    write_idx(path, GREY)
    path.rename(path.with_suffix(""))
    np.testing.assert_array_equal(open_set("mnist").batch(slice(None))[:, 0], GREY)


def test_svhn_at_the_root(root, open_set):
    write_svhn(root, "test", COLOUR).rename(root / "test_32x32.mat")
    np.testing.assert_array_equal(open_set("SVHN").batch(slice(None)), COLOUR)


def test_says_what_was_expected_and_what_is_there(root, open_set):
    write_idx(root / "mnist/t10k-labels-idx1-ubyte.gz", GREY)
    (root / "cifar10/cifar-10-batches-mat").mkdir(parents=True)
    with pytest.raises(OodflowError) as error:
        open_set("MNIST")
    assert "expected mnist/t10k-images-idx3-ubyte.gz, MNIST/raw/t10k-images-idx3-ubyte.gz" in str(error.value)
    assert f"but {root / 'mnist'} holds t10k-labels-idx1-ubyte.gz." in str(error.value)
    with pytest.raises(OodflowError, match=r"cifar10/cifar-10-batches-py/test_batch.* holds cifar-10-batches-mat\."):
        open_set("cifar10")
    with pytest.raises(OodflowError, match=r"expected svhn/test_32x32.mat .* holds cifar10 and mnist\."):
        open_set("svhn")
    assert "expected omniglot/images_background.zip" in verify("omniglot", root)[0]
    with pytest.raises(OodflowError, match=r"but there is no folder .*nowhere\."):
        load("mnist", "test", root=root / "nowhere")


def test_files_of_the_systems_packages_are_found_beside_the_data_root(root, open_set, tmp_path, monkeypatch):
    installed = tmp_path / "usr/share"
    monkeypatch.setenv("XDG_DATA_DIRS", f"not/absolute:{tmp_path / 'none'}:{installed}")
    place = installed / "datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
    write_idx(place, GREY)
    np.testing.assert_array_equal(open_set("fashion_mnist").batch(slice(None))[:, 0], GREY)
    assert (
        status("fashion_mnist", root).detail == f"train: missing; test: partial: 30 of 10,000 images; in {place.parent}"
    )
    assert verify("fashion_mnist", root)[0].startswith(f"fashion_mnist (train) is not in {root}")
    write_idx(root / "FashionMNIST/raw/t10k-images-idx3-ubyte", GREY[:12])  # what is the user's own comes first
    assert len(open_set("fashion_mnist")) == 12
