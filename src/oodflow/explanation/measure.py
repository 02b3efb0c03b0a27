"""Measuring a set of images: a number an image, for others to sum up and to draw."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.analysis import (
    Contributions,
    CouplingMeasures,
    centre_square,
    change,
    contributions,
    edge_correlation,
    in_train_mode,
    latents,
    measure_couplings,
    require_batch_norm,
    resample,
    shape_correlation,
)
from oodflow.explanation.record import Kind
from oodflow.flows import Flow, image_noise
from oodflow.metrics import bits_per_dim
from oodflow.nets import has_batch_norm

Floats = NDArray[np.float64]
Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Measurement:
    """What was measured on ``N`` images; a number is NaN where there was nothing to measure, as edges in a flat image.

    Attributes:
        contributions: the parts of the log-probability.
        bits_per_dim: ``[N]``.
        bits_per_dim_train_mode: the same with batch norm in train mode, all images in one batch; none: not wanted.
        edge_correlation: by kind of latents, ``[N]``.
        image_correlation: by kind of latents, ``[N]``.
        couplings: of each layer, summed up over the images.
        inside: change of the square whose latents were drawn anew, ``[N]``.
        surround: change of all the rest, ``[N]``.
    """

    contributions: Contributions
    bits_per_dim: Floats
    bits_per_dim_train_mode: Floats | None
    edge_correlation: Mapping[Kind, Floats]
    image_correlation: Mapping[Kind, Floats]
    couplings: list[CouplingMeasures]
    inside: Floats
    surround: Floats


def measure(flow: Flow, images: Images, *, draws: int, seed: int, train_mode: bool) -> Measurement:
    """Measure what the figures show.

    Args:
        flow: in eval mode; left as it was.
        images: uint8 ``[N, C, H, W]``.
        draws: dequantisations of the mean latents.
        seed: of noise, resampling and bootstrap.
        train_mode: whether to look at batch norm in train mode too, with all images in one batch.
    """
    parts = contributions(flow, images, seed=seed)
    kinds = kinds_of_latents(flow, images, draws=draws, seed=seed, train_mode=train_mode)
    square = square_of(flow)
    couplings = measure_couplings(flow, images, seed=seed)
    changed = change(images, resample(flow, images, square, seed=seed), square)
    trained = _log_prob_in_train_mode(flow, images, seed) if train_mode else None
    return Measurement(
        contributions=parts,
        bits_per_dim=bits_per_dim(parts.log_prob, flow.dims),
        bits_per_dim_train_mode=None if trained is None else bits_per_dim(trained, flow.dims),
        edge_correlation={kind: edge_correlation(z, images) for kind, z in kinds.items()},
        image_correlation={kind: shape_correlation(z, images) for kind, z in kinds.items()},
        couplings=couplings,
        inside=changed.inside,
        surround=changed.surround,
    )


def kinds_of_latents(flow: Flow, images: Images, *, draws: int, seed: int, train_mode: bool) -> dict[Kind, Floats]:
    """The kinds of latents that the paper shows, in image space, ``[N, C, H, W]`` each; :func:`label` names them."""
    kinds: dict[Kind, Floats] = {
        "single": latents(flow, images, seed=seed), "mean": latents(flow, images, draws=draws, seed=seed)
    }  # fmt: skip
    if train_mode:
        kinds["train_mode"] = latents(flow, images, seed=seed, batch_norm="train")
    return kinds


def label(kind: Kind, draws: int) -> str:
    """Name a kind of latents in a figure or table."""
    return {"single": "latents z", "mean": f"mean of {draws} z", "train_mode": "z, train mode"}[kind]


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


@torch.no_grad()
def _log_prob_in_train_mode(flow: Flow, images: Images, seed: int) -> Floats:
    noise = torch.from_numpy(image_noise(images, seed))
    log_prob = in_train_mode(flow).log_prob(torch.from_numpy(images).to(flow.device), noise=noise)
    return log_prob.double().cpu().numpy()
