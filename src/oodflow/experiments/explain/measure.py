"""The quantities beside the pictures, for one set of images."""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.analysis import (
    centre_square,
    change,
    contributions,
    correlation,
    edge_map,
    has_batch_norm,
    latents,
    measure_couplings,
    resample,
)
from oodflow.analysis.latents import in_train_mode as train_mode_copy
from oodflow.flows import Flow, image_noise
from oodflow.metrics import Estimate, bits_per_dim, mean

Floats = NDArray[np.float64]
Measured = dict[str, Any]

TRAIN_MODE = "z, train mode"


def measure(flow: Flow, images: NDArray[np.uint8], *, draws: int, seed: int, train_mode: bool) -> Measured:
    """Measure what the figures show, with 95 % bootstrap intervals over images.

    Args:
        flow: in eval mode; left as it was.
        images: uint8 ``[N, C, H, W]``.
        draws: dequantisations of the mean latents.
        seed: of noise, resampling and bootstrap.
        train_mode: whether to look at batch norm in train mode too, with all images in one batch.

    Returns:
        JSON-ready; estimates have ``value``, ``low`` and ``high``. ``log_prob`` and ``parts`` hold a number for each
        image and are for the caller to sum up.
    """
    parts = contributions(flow, images, seed=seed)
    measured: Measured = {
        "bits_per_dim": _estimate(bits_per_dim(parts.log_prob, flow.dims), seed),
        **_in_latents(flow, images, draws=draws, seed=seed, train_mode=train_mode),
        "couplings": [asdict(layer) for layer in measure_couplings(flow, images, seed=seed)],
        "resampling": _resampling(flow, images, seed),
        "log_prob": parts.log_prob, "parts": parts.named(),
    }  # fmt: skip
    if train_mode:
        measured["bits_per_dim_train_mode"] = _estimate(
            bits_per_dim(_log_prob_in_train_mode(flow, images, seed), flow.dims), seed
        )
    return measured


def latents_of(flow: Flow, images: NDArray[np.uint8], *, draws: int, seed: int) -> dict[str, Floats]:
    """The kinds of latents that the paper shows, in image space, ``[N, C, H, W]`` each."""
    kinds = {"latents z": latents(flow, images, seed=seed)}
    kinds[f"mean of {draws} z"] = latents(flow, images, draws=draws, seed=seed)
    return kinds


def in_train_mode(flow: Flow, images: NDArray[np.uint8], *, seed: int) -> Floats:
    """Latents with batch norm in train mode, all images in one batch: ``[N, C, H, W]``."""
    return latents(flow, images, seed=seed, batch_norm="train")


def edge_correlation(maps: Floats, images: NDArray[np.uint8]) -> Floats:
    """Correlate |z|, averaged over channels, with the edges of each image, ``[N]``."""
    return correlation(np.abs(maps).mean(1), edge_map(images))


def shape_correlation(maps: Floats, images: NDArray[np.uint8]) -> Floats:
    """Correlate z with the image, both averaged over channels, without the sign, ``[N]``."""
    return np.abs(correlation(maps.mean(1), images.mean(1)))


def _in_latents(flow: Flow, images: NDArray[np.uint8], *, draws: int, seed: int, train_mode: bool) -> Measured:
    """Correlate each kind of latents with edges and with the images themselves: means over images."""
    kinds = latents_of(flow, images, draws=draws, seed=seed)
    if train_mode:
        kinds[TRAIN_MODE] = in_train_mode(flow, images, seed=seed)
    return {
        name: {kind: _estimate(correlate(maps, images), seed) for kind, maps in kinds.items()}
        for name, correlate in (("edges", edge_correlation), ("shape", shape_correlation))
    }


def wants_train_mode(flow: Flow, wish: bool | None) -> bool:
    """Decide whether to show batch norm in train mode: as wished, and otherwise where there is any."""
    return has_batch_norm(flow) if wish is None else wish


def square_of(flow: Flow) -> NDArray[np.bool_]:
    """The paper's 10x10 square in the middle, or one of half the side where the image is small."""
    _, height, width = flow.shape
    return centre_square(height, width, side=min(10, min(height, width) // 2))


def _resampling(flow: Flow, images: NDArray[np.uint8], seed: int) -> dict[str, dict[str, float]]:
    square = square_of(flow)
    generator = torch.Generator().manual_seed(seed)
    changed = change(images, resample(flow, images, square, generator=generator, seed=seed), square)
    return {"inside": _estimate(changed.inside, seed), "surround": _estimate(changed.surround, seed)}


@torch.no_grad()
def _log_prob_in_train_mode(flow: Flow, images: NDArray[np.uint8], seed: int) -> Floats:
    noise = torch.from_numpy(image_noise(images, seed))
    log_prob = train_mode_copy(flow).log_prob(torch.from_numpy(images).to(flow.device), noise=noise)
    return log_prob.double().cpu().numpy()


def _estimate(values: Floats, seed: int) -> dict[str, float]:
    estimate: Estimate = mean(values, seed=seed)
    return asdict(estimate)
