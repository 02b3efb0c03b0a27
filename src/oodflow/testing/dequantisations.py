"""The contract of a dequantisation, as a test that anyone can run on one of their own."""

import torch

from oodflow.flows import DequantisationConfig
from oodflow.testing.modules import leaving_no_trace

_SHAPE = (1, 1, 1)  # a single pixel, so that its noise can go through all of [0, 1)
_STEPS = 20_000


def check_dequantisation(config: DequantisationConfig) -> None:
    r"""Test that a dequantisation keeps its contract.

    :math:`u` stays in its cell, [0, 1), and depends on nothing but the image and its noise; with :math:`u` drawn by it,
    :math:`\mathbb{E}[1 / q(u \mid x)] = 1`, the size of the cell, which holds for the density that :math:`u` really has
    and for no other multiple of it; a call leaves no trace.

    Args:
        config: the dequantisation's settings.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.flows import UniformConfig
        >>> check_dequantisation(UniformConfig())
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    dequantisation = config.build(_SHAPE).double()
    noise = ((torch.arange(_STEPS, dtype=torch.float64) + 0.5) / _STEPS).reshape(-1, *_SHAPE)
    for pixel in (0, 100, 255):
        images = torch.full(noise.shape, pixel, dtype=torch.uint8)
        with leaving_no_trace(dequantisation), torch.no_grad():
            u, log_q = dequantisation(images, noise)
        assert u.shape == noise.shape, f"u has shape {tuple(u.shape)}: that of the images is expected"
        assert 0 <= u.min() <= u.max() < 1, f"u goes from {u.min():.3g} to {u.max():.3g}: it leaves the pixel's cell"
        log_q = torch.as_tensor(log_q, dtype=torch.float64).expand(len(u))
        size = torch.exp(-log_q).mean()
        assert abs(size - 1) < 0.02, f"the mean of 1 / q(u) is {size:.4f}: 1 is expected, so q is not u's density"
        alone = dequantisation(images[7:8], noise[7:8])[0]
        assert torch.equal(alone, u[7:8]), "a pixel alone gets another u than in a batch"
