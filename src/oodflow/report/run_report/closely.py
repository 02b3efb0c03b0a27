"""What a flow does to single images: latents, where the likelihood comes from, and couplings at work."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oodflow.analysis import CouplingPictures, contribution_maps, coupling_pictures, latents
from oodflow.figures import Scale, flat
from oodflow.flows import Flow

LAYERS = 12  # of which pictures are kept; of more those at equal distances
BATCH = 4  # images whose pictures of all layers are held at once

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layer:
    """A coupling at work on ``N`` images; colours are averaged.

    Attributes:
        number: among the flow's, from 1.
        before: what comes in, ``[N, H, W]``.
        prediction: of what it changes, −t of an affine one; 0 elsewhere.
        log_scale: s; 0 elsewhere.
        r2: of the prediction, ``[N]``; NaN where what it changes is constant.
    """

    number: int
    before: Floats
    prediction: Floats
    log_scale: Floats
    r2: Floats


@dataclass(frozen=True, eq=False)
class Closely:
    """What a flow does to ``N`` images, everything in image space.

    Attributes:
        z: the latents, ``[N, C, H, W]``.
        prior: what log p(z) has of each pixel, nats, ``[N, H, W]``.
        log_det: what the log-determinant has of it, the same.
        layers: those of the couplings that are shown.
        couplings: how many there are.
    """

    z: Floats
    prior: Floats
    log_det: Floats
    layers: tuple[Layer, ...]
    couplings: int


def look_closely(flow: Flow, images: NDArray[np.uint8], *, seed: int) -> Closely:
    """Look at images, uint8 ``[N, C, H, W]``; ``seed`` is that of the dequantisation noise."""
    couplings, parts = 0, []
    for start in range(0, len(images), BATCH):
        pictures = coupling_pictures(flow, images[start : start + BATCH], seed=seed)
        couplings = len(pictures)
        shown = sorted({round(place) for place in np.linspace(0, couplings - 1, min(LAYERS, couplings))})
        parts.append([_layer(place + 1, pictures[place]) for place in shown])
    prior, log_det = contribution_maps(flow, images, seed=seed)
    return Closely(
        z=latents(flow, images, seed=seed), prior=prior.sum(1), log_det=log_det.sum(1),
        layers=tuple(map(_joined, zip(*parts, strict=True))), couplings=couplings,
    )  # fmt: skip


def _layer(number: int, pictures: CouplingPictures) -> Layer:
    before, prediction, log_scale = (
        np.nan_to_num(flat(maps)) for maps in (pictures.before, pictures.prediction, pictures.log_scale)
    )
    return Layer(number, before, prediction, log_scale, pictures.r2)


def _joined(parts: Sequence[Layer]) -> Layer:
    """Put together what one layer does to several batches."""
    names = ("before", "prediction", "log_scale", "r2")
    return Layer(parts[0].number, *(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Scales:
    """What the colours of maps mean, the same for all images that may be compared.

    Attributes:
        z: of latents.
        prior: of what log p(z) has of a pixel.
        log_det: of what the log-determinant has of it.
        x: of a coupling's input and prediction.
        s: of its log-scale.
    """

    z: Scale
    prior: Scale
    log_det: Scale
    x: Scale
    s: Scale

    @classmethod
    def of(cls, look: Closely) -> "Scales":
        """Hold 99 % of what is seen in these images."""
        layers = look.layers
        return cls(
            z=Scale.around_zero("z", [look.z]),
            prior=_from_end_to_end("nats", look.prior),
            log_det=_from_end_to_end("nats", look.log_det),
            x=Scale.around_zero(
                "x", [maps for layer in layers for maps in (layer.before, layer.prediction)] or [_NONE]
            ),
            s=Scale.around_zero("s", [layer.log_scale for layer in layers] or [_NONE]),
        )


_NONE = np.zeros(0)


def _from_end_to_end(name: str, values: Floats) -> Scale:
    low, high = np.percentile(values, [0.5, 99.5])
    return Scale(name, float(low), float(high))
