"""The dequantisation noise of training: a function of (seed, step), and another one for each."""

import numpy as np
import pytest
import torch

from oodflow.data import ImageSet, TrainingBatches
from oodflow.training.streams import training_noise


def test_noise_belongs_to_seed_and_step():
    images = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    noise = training_noise(images, seed=0, step=0)
    assert noise.dtype == torch.float32
    assert noise.shape == images.shape
    assert 0 <= noise.min() < noise.max() < 1
    assert torch.equal(training_noise(images, seed=0, step=0), noise)
    for other in (training_noise(images, seed=0, step=1), training_noise(images, seed=1, step=0)):
        assert (other != noise).float().mean() > 0.99


def test_noise_is_of_another_stream_than_the_order_of_any_epoch():
    """An epoch's number may be a step's."""
    images = ImageSet.from_array(np.zeros((8, 1, 1, 1), np.uint8))
    seeds = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            np.random, "default_rng", lambda seed: seeds.append(seed) or np.random.Generator(np.random.PCG64(0))
        )
        batches = TrainingBatches(images, batch_size=8, seed=5)
        for step in range(3):
            training_noise(torch.from_numpy(batches.at(step)), 5, step)
    states = {tuple(np.random.SeedSequence(seed).generate_state(4)) for seed in seeds}
    assert len(states) == len(seeds) == 6
