"""New latents for a part of the image: appendix M.1 of the paper."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.analysis.walk import Walk, in_batches
from oodflow.errors import UsageError
from oodflow.flows import Flow, Seed, generator_of, noise_of


def centre_square(height: int, width: int, side: int = 10) -> NDArray[np.bool_]:
    """Mark the square in the middle of an image, boolean ``[height, width]``.

    Raises:
        UsageError: when it is not smaller than the image.

    Example:
        >>> centre_square(4, 6, side=2).astype(int).tolist()
        [[0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0]]
    """
    if not 0 < side < min(height, width):
        raise UsageError(f"side is {side}: expected 1 to {min(height, width) - 1}, for the square must be smaller.")
    square = np.zeros((height, width), dtype=bool)
    top, left = (height - side) // 2, (width - side) // 2
    square[top : top + side, left : left + side] = True
    return square


def resample(
    flow: Flow,
    images: NDArray[np.uint8],
    square: NDArray[np.bool_],
    *,
    noise: NDArray[np.float32] | None = None,
    seed: Seed = 0,
    temperature: float = 1.0,
) -> NDArray[np.uint8]:
    """Draw the latents of some pixels anew, keep all others, and go back to images.

    Which latents belong to which pixels follows from sending the mask of pixels through the flow's squeezes and splits.

    Args:
        flow: a flow over images; it is left as it was.
        images: uint8 ``[N, C, H, W]``.
        square: which pixels, boolean ``[H, W]``.
        noise: dequantisation noise in [0, 1), ``[N, C, H, W]``; none: drawn from ``seed``.
        seed: of the noise and the new latents. A number starts both from it; from a generator the noise is drawn
            first, so another call with it gives other latents.
        temperature: standard deviation of the new latents.

    Returns:
        uint8 ``[N, C, H, W]``.

    Raises:
        UsageError: for a flow over anything but 8-bit images, images of another shape, or a mask that is not of the
            image's size.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix M.1 and Figure 16, arXiv:2006.08545.
    """
    walk = Walk(flow)
    if square.shape != walk.flow.shape[1:] or square.dtype != np.bool_:
        expected = list(walk.flow.shape[1:])
        raise UsageError(
            f"square is {square.dtype} {list(square.shape)}: expected bool {expected}, the image's pixels."
        )
    pixels = torch.from_numpy(np.broadcast_to(square, walk.flow.shape).copy()).flatten().to(walk.flow.device)
    if noise is None:
        noise = noise_of(torch.from_numpy(images), seed).cpu().numpy()
    generator, resampled = generator_of(seed), []
    for batch, its_noise in zip(in_batches(images), in_batches(noise), strict=True):  # encoded and decoded together
        z, _ = walk.flow.encode(torch.from_numpy(batch).to(walk.flow.device), noise=torch.from_numpy(its_noise))
        drawn = walk.flow.prior.sample(len(z), seed=generator, temperature=temperature).to(z)
        resampled.append(walk.flow.decode(torch.where(pixels[walk.latents], drawn, z)).cpu().numpy())
    return np.concatenate(resampled)


@dataclass(frozen=True, eq=False)
class Change:
    """How much images changed, mean absolute difference in grey levels of 255, ``[N]`` each.

    Attributes:
        inside: in the pixels whose latents were drawn anew.
        surround: in all others.
    """

    inside: NDArray[np.float64]
    surround: NDArray[np.float64]


def change(images: NDArray[np.uint8], resampled: NDArray[np.uint8], square: NDArray[np.bool_]) -> Change:
    """Measure what resampling did to the pixels of the square and to its surround."""
    difference = np.abs(images.astype(float) - resampled)
    return Change(difference[:, :, square].mean((1, 2)), difference[:, :, ~square].mean((1, 2)))
