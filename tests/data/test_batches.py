import numpy as np
import pytest

from oodflow.data import ImageSet, TrainingBatches, in_order
from oodflow.errors import UsageError

from .layouts import random_images

IMAGES = ImageSet.from_array(np.arange(23, dtype=np.uint8).reshape(-1, 1, 1, 1))  # each image is its own number


def numbers(batch):
    return batch.ravel().tolist()


def test_an_epoch_shows_every_image_at_most_once():
    batches = TrainingBatches(IMAGES, batch_size=5, seed=0)
    assert batches.steps_per_epoch == 4
    for epoch in range(3):
        steps = range(4 * epoch, 4 * epoch + 4)
        seen = [number for step in steps for number in numbers(batches.at(step))]
        assert len(set(seen)) == len(seen) == 20


def test_a_batch_is_a_function_of_seed_and_step():
    batches = TrainingBatches(IMAGES, batch_size=5, seed=7)
    in_sequence = [numbers(batches.at(step)) for step in range(12)]
    assert [numbers(batches.at(step)) for step in reversed(range(12))] == in_sequence[::-1]
    assert [numbers(TrainingBatches(IMAGES, 5, 7).at(step)) for step in range(12)] == in_sequence
    assert numbers(TrainingBatches(IMAGES, 5, 8).at(0)) != in_sequence[0]
    assert in_sequence[0] != in_sequence[4]


def test_the_order_is_the_documented_one():
    expected = np.random.default_rng((7, 2)).permutation(23)[5:10]
    assert numbers(TrainingBatches(IMAGES, 5, 7).at(2 * 4 + 1)) == expected.tolist()


def test_all_images_in_one_batch():
    batches = TrainingBatches(IMAGES, batch_size=23, seed=0)
    assert batches.steps_per_epoch == 1
    assert sorted(numbers(batches.at(3))) == list(range(23))


@pytest.mark.parametrize(
    ("batch_size", "seed", "sentence"),
    [(24, 0, "batch_size 24 is more than the 23 images"), (0, 0, "at least 1, but 0 came"), (5, -1, "seed must be 0")],
)
def test_refuses(batch_size, seed, sentence):
    with pytest.raises(UsageError, match=sentence):
        TrainingBatches(IMAGES, batch_size, seed)


@pytest.mark.parametrize("batch_size", [1, 5, 23, 100])
def test_in_order(batch_size):
    assert [number for batch in in_order(IMAGES, batch_size) for number in numbers(batch)] == list(range(23))


def test_in_order_refuses_no_batch_size():
    with pytest.raises(UsageError, match="at least 1, but 0 came"):
        in_order(ImageSet.from_array(random_images(2, 1, 2, 2)), 0)
