import numpy as np
import pytest

from oodflow.data import ImageSet, TrainingBatches, load, same_images, same_set
from oodflow.data.mutated import MutatedImageSet, mutated
from oodflow.errors import UsageError

from .layouts import random_images, write_idx

IMAGES = random_images(40, 3, 12, 14)


@pytest.mark.parametrize("rate", [0.05, 0.2, 1.0])
def test_each_value_is_replaced_with_the_rate_by_a_uniform_draw(rate):
    grey = np.full((200, 3, 16, 16), 128, np.uint8)
    grey[:, 0, 0, 0] = np.arange(200)  # else they were one image, with one noise
    noisy = mutated(grey, rate)
    changed = noisy != grey
    expected = rate * 255 / 256  # a draw may be what was there
    assert changed.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / changed.size))
    assert changed.mean(axis=(0, 2, 3)) == pytest.approx([expected] * 3, abs=0.01)  # colours each for themselves
    assert changed.all(1).mean() == pytest.approx(expected**3, abs=0.01)
    drawn = noisy[changed].astype(float)
    assert drawn.mean() == pytest.approx(127.5, abs=4 * 74 / np.sqrt(drawn.size))
    assert (drawn.min(), drawn.max()) == (0, 255)


def test_an_image_is_mutated_alike_wherever_it_lies():
    images = MutatedImageSet.of(ImageSet.from_array(IMAGES), 0.3)
    whole = images.batch(slice(None))
    np.testing.assert_array_equal(images.batch([7, 2, 7]), whole[[7, 2, 7]])
    np.testing.assert_array_equal(images.batch(5), whole[5])
    np.testing.assert_array_equal(images.take(np.array([9, 3])).batch(slice(None)), whole[[9, 3]])
    np.testing.assert_array_equal(images.limit(8).batch(slice(None)), whole[::5])
    np.testing.assert_array_equal(MutatedImageSet.of(ImageSet.from_array(IMAGES[::-1]), 0.3).batch(39), whole[0])
    np.testing.assert_array_equal(IMAGES, random_images(40, 3, 12, 14))


def test_a_higher_rate_replaces_the_same_values_and_more():
    some, more = mutated(IMAGES, 0.1), mutated(IMAGES, 0.4)
    changed = some != IMAGES
    np.testing.assert_array_equal(more[changed], some[changed])
    assert (more != IMAGES).sum() > changed.sum()


def test_the_noise_is_the_same_on_every_machine():
    grey = np.full((1, 1, 3, 4), 128, np.uint8)
    assert mutated(grey, 0.5).ravel().tolist() == [239, 20, 251, 193, 179, 128, 189, 49, 29, 128, 94, 197]


def test_the_fingerprint_follows_the_rate_and_the_images():
    one, other = ImageSet.from_array(IMAGES), ImageSet.from_array(IMAGES[::-1])
    sets = [one, other, *(MutatedImageSet.of(images, rate) for images in (one, other) for rate in (0.2, 0.3))]
    assert len({images.fingerprint for images in sets}) == len(sets)
    assert MutatedImageSet.of(one, 0.2).fingerprint == MutatedImageSet.of(one, 0.2).fingerprint
    assert sets[2].limit(5).fingerprint != sets[2].fingerprint


def test_a_set_is_mutated_after_its_images_have_got_their_shape(root, open_set):
    write_idx(root / "mnist/train-images-idx3-ubyte", random_images(50, 28, 28))
    spec = "mnist?shape=3x8x8&mutated=0.2"
    for split in ("train", "calibration"):
        plain, noisy = open_set("mnist?shape=3x8x8", split), open_set(spec, split)
        assert (noisy.name, noisy.split, noisy.shape, len(noisy)) == (spec, split, (3, 8, 8), len(plain))
        np.testing.assert_array_equal(noisy.batch(slice(None)), mutated(plain.batch(slice(None)), 0.2))
        assert noisy.fingerprint == open_set("mnist?mutated=0.20&shape=3x8x8", split).fingerprint


def test_training_batches_of_a_mutated_set_are_those_of_the_set_mutated():
    images = ImageSet.from_array(IMAGES)
    batches = [TrainingBatches(one, 7, seed=3) for one in (images, MutatedImageSet.of(images, 0.3))]
    for step in (0, 4, 11, 4):
        np.testing.assert_array_equal(batches[1].at(step), mutated(batches[0].at(step), 0.3))


@pytest.mark.parametrize("rate", ["0", "0.0", "1.1", "-0.1", "", "nan", "inf", "half", "1e-1", "0.1.2", "٠.٢"])
def test_refuses_what_is_no_rate(rate):
    with pytest.raises(UsageError, match=r"is no rate: write a number above 0 and at most 1, such as mutated=0\.2"):
        load(f"flat?mutated={rate}", "test")


def test_mutated_images_are_others_of_the_same_set():
    assert not same_images("flat", "flat?mutated=0.2")
    assert not same_images("flat?mutated=0.1", "flat?mutated=0.2")
    assert same_images("flat?mutated=.2&shape=1x8x8", "flat?mutated=0.2")
    assert same_set("npy:a.npy?mutated=0.1", "npy:./a.npy")
    assert not same_set("flat", "smooth?mutated=0.2")
