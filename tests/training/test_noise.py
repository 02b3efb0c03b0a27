"""The dequantisation noise of training: a function of (seed, step), and another one for each."""

import torch

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
