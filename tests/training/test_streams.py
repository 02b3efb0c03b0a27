"""The parts of a step: paired for ever, each a function of (seed, step), independent of each other."""

import numpy as np
import pytest
import torch

from oodflow.data import ImageSet, TrainingBatches
from oodflow.errors import UsageError
from oodflow.flows import RealNVPConfig
from oodflow.training import NegativeTraining, TrainingConfig, TrainState, seeded, stream, train
from oodflow.training.streams import DATA, load_batch, training_noise

CPU = torch.device("cpu")


def numbered(count: int) -> ImageSet:
    """Images that are told apart by their pixels."""
    return ImageSet.from_array(np.arange(count, dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 8, 8), np.uint8))


def order(batches: TrainingBatches, steps: int) -> list[int]:
    return [int(image[0, 0, 0]) for step in range(steps) for image in batches.at(step)]


def test_the_training_data_has_the_seed_of_the_training():
    """Its order and noise are what they would be without other parts."""
    images = numbered(20)
    assert order(stream(images, DATA, 4, 7), 10) == order(TrainingBatches(images, 4, 7), 10)
    part = load_batch({DATA: stream(images, DATA, 4, 7)}, 3, CPU)[DATA]
    assert torch.equal(part.noise, training_noise(part.x, 7, 3))


def test_a_short_set_goes_round_and_ends_nothing():
    streams = {DATA: stream(numbered(20), DATA, 4, 0), "ood": stream(numbered(8), "ood", 4, 0)}
    seen = [load_batch(streams, step, CPU)["ood"].x[:, 0, 0, 0].tolist() for step in range(10)]
    for epoch in range(5):  # two batches of four each
        assert sorted(seen[2 * epoch] + seen[2 * epoch + 1]) == list(range(8))
    assert len({tuple(batch) for batch in seen}) > 4  # another order in every epoch


def test_every_step_is_a_function_of_seed_and_step():
    def parts(seed, step):
        return load_batch({name: stream(numbered(20), name, 4, seed) for name in (DATA, "ood")}, step, CPU)

    one, again, other = parts(3, 11), parts(3, 11), parts(4, 11)
    for name in one:
        assert all(torch.equal(a, b) for a, b in zip(one[name], again[name], strict=True))
        assert not torch.equal(one[name].noise, other[name].noise)


def test_parts_are_independent_of_each_other():
    names = (DATA, "ood", "more")
    streams = {name: stream(numbered(200), name, 50, 0) for name in names}
    orders = [order(streams[name], 4) for name in names]
    noises = [part.noise.flatten() for part in load_batch(streams, 0, CPU).values()]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.corrcoef(orders[i], orders[j])[0, 1]) < 0.2
        assert abs(torch.corrcoef(torch.stack([noises[i], noises[j]]))[0, 1]) < 0.05  # of 3,200 numbers
    alone = load_batch({"more": streams["more"]}, 0, CPU)["more"]
    assert torch.equal(alone.noise.flatten(), noises[2])


def test_a_part_that_is_missing_is_refused_by_name():
    config = TrainingConfig(steps=1, batch_size=4)
    with seeded(0):
        state = TrainState.start(RealNVPConfig(width=2).build((1, 8, 8)), config)
    with pytest.raises(UsageError, match="negative trains on ood too: pass its batches in streams"):
        train(state, TrainingBatches(numbered(8), 4, 0), config, objective=NegativeTraining(data="other"))
    assert state.step == 0
