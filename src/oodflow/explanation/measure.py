"""The quantities beside the pictures, for one set of images."""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.analysis import (
    CouplingMeasures,
    centre_square,
    change,
    contributions,
    edge_correlation,
    has_batch_norm,
    in_train_mode,
    latents,
    measure_couplings,
    require_batch_norm,
    resample,
    shape_correlation,
)
from oodflow.flows import Flow, image_noise
from oodflow.metrics import Estimate, bits_per_dim, mean

Floats = NDArray[np.float64]
Measured = dict[str, Any]


def measure(flow: Flow, images: NDArray[np.uint8], *, draws: int, seed: int, train_mode: bool) -> Measured:
    """Measure what the figures show, with 95 % bootstrap intervals over images.

    Args:
        flow: in eval mode; left as it was.
        images: uint8 ``[N, C, H, W]``.
        draws: dequantisations of the mean latents.
        seed: of noise, resampling and bootstrap.
        train_mode: whether to look at batch norm in train mode too, with all images in one batch.

    Returns:
        JSON-ready; estimates have ``value``, ``low`` and ``high``, or are none where there was nothing to measure, as
        with edges in flat images. ``predicts`` tells whether couplings have a shift, and so an R². ``log_prob`` and
        ``parts`` hold a number for each image and are for the caller to sum up.
    """
    parts = contributions(flow, images, seed=seed)
    layers = measure_couplings(flow, images, seed=seed)
    measured: Measured = {
        "bits_per_dim": _estimate(bits_per_dim(parts.log_prob, flow.dims), seed),
        **_in_latents(flow, images, draws=draws, seed=seed, train_mode=train_mode),
        "couplings": [_layer(layer) for layer in layers],
        "predicts": any(layer.r2 is not None for layer in layers),
        "resampling": _resampling(flow, images, seed),
        "log_prob": parts.log_prob, "parts": parts.named(),
    }  # fmt: skip
    if train_mode:
        measured["bits_per_dim_train_mode"] = _estimate(
            bits_per_dim(_log_prob_in_train_mode(flow, images, seed), flow.dims), seed
        )
    return measured


def kinds_of_latents(
    flow: Flow, images: NDArray[np.uint8], *, draws: int, seed: int, train_mode: bool
) -> dict[str, Floats]:
    """The kinds of latents that the paper shows, in image space, ``[N, C, H, W]`` each; :func:`label` names them."""
    kinds = {"single": latents(flow, images, seed=seed), "mean": latents(flow, images, draws=draws, seed=seed)}
    if train_mode:
        kinds["train_mode"] = latents(flow, images, seed=seed, batch_norm="train")
    return kinds


def label(kind: str, draws: int) -> str:
    """Name a kind of latents in a figure or table."""
    return {"single": "latents z", "mean": f"mean of {draws} z", "train_mode": "z, train mode"}[kind]


def _in_latents(flow: Flow, images: NDArray[np.uint8], *, draws: int, seed: int, train_mode: bool) -> Measured:
    """Correlate each kind of latents with edges and with the images themselves: means over images."""
    kinds = kinds_of_latents(flow, images, draws=draws, seed=seed, train_mode=train_mode)
    return {
        name: {kind: _estimate(correlate(z, images), seed) for kind, z in kinds.items()}
        for name, correlate in (("edges", edge_correlation), ("shape", shape_correlation))
    }


def wants_train_mode(flow: Flow, wish: bool | None) -> bool:
    """Decide whether to show batch norm in train mode: as wished, and otherwise where there is any.

    Raises:
        UsageError: when it is wished for and there is none.
    """
    if wish:
        require_batch_norm(flow)
    return has_batch_norm(flow) if wish is None else wish


def square_of(flow: Flow) -> NDArray[np.bool_]:
    """The paper's 10x10 square in the middle, or one of half the side where the image is small."""
    _, height, width = flow.shape
    return centre_square(height, width, side=min(10, min(height, width) // 2))


def _resampling(flow: Flow, images: NDArray[np.uint8], seed: int) -> Measured:
    square = square_of(flow)
    changed = change(images, resample(flow, images, square, seed=seed), square)
    return {"inside": _estimate(changed.inside, seed), "surround": _estimate(changed.surround, seed)}


@torch.no_grad()
def _log_prob_in_train_mode(flow: Flow, images: NDArray[np.uint8], seed: int) -> Floats:
    noise = torch.from_numpy(image_noise(images, seed))
    log_prob = in_train_mode(flow).log_prob(torch.from_numpy(images).to(flow.device), noise=noise)
    return log_prob.double().cpu().numpy()


def _layer(measures: CouplingMeasures) -> Measured:
    fields = {name: getattr(measures, name) for name in measures.__dataclass_fields__}
    return {name: _plain(value) if isinstance(value, Estimate) else value for name, value in fields.items()}


def _estimate(values: Floats, seed: int) -> dict[str, float] | None:
    return _plain(mean(values, seed=seed))


def _plain(estimate: Estimate) -> dict[str, float] | None:
    """Make an estimate ready for JSON, which knows no NaN."""
    return None if np.isnan(estimate.value) else asdict(estimate)
