"""The figures of an explanation, by name."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.analysis import (
    CouplingPictures,
    Place,
    Walk,
    contribution_maps,
    coupling_pictures,
    edge_correlation,
    resample,
)
from oodflow.analysis import latents as analysed_latents
from oodflow.explanation.measure import kinds_of_latents, label, square_of
from oodflow.figures import (
    Block,
    CouplingRow,
    Curve,
    Part,
    Row,
    Strip,
    contribution_figure,
    coupling_figure,
    gap_figure,
    latent_figure,
    likelihood_figure,
    prediction_figure,
    sheet_figure,
    tinted,
)
from oodflow.figures.masks import CHANGED, SEEN
from oodflow.flows import Flow, generator_of, image_noise
from oodflow.metrics import Estimate, auroc, bits_per_dim

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPERATURES = (0.5, 0.7, 0.85, 1.0)
SAMPLES = 8  # at each temperature
REDRAWN = 2  # resamplings of each image
MASKS_IN_A_ROW = 8


@dataclass(frozen=True, eq=False)
class Subject:
    """What is explained.

    Attributes:
        who: names the flow.
        flow: the flow.
        images: of each set that are shown, in-distribution first, uint8 ``[n, C, H, W]``.
        others: of each set that were measured, uint8 ``[N, C, H, W]``.
        indices: their places in the sets.
        measured: of each set, by :func:`~oodflow.explanation.measure.measure`.
        draws: dequantisations of the mean latents.
        seed: of everything drawn.
        train_mode: whether batch norm is shown in train mode.
    """

    who: str
    flow: Flow
    images: Mapping[str, NDArray[np.uint8]]
    others: Mapping[str, NDArray[np.uint8]]
    indices: Mapping[str, list[int]]
    measured: Mapping[str, Mapping[str, Any]]
    draws: int
    seed: int
    train_mode: bool

    @property
    def names(self) -> tuple[str, str]:
        """Of the in-distribution set and the other."""
        inside, outside = self.images
        return inside, outside

    @property
    def predicts(self) -> bool:
        """Whether couplings have a shift, and so predict what they change."""
        return any(of["predicts"] for of in self.measured.values())


def latents(subject: Subject) -> "Figure":
    """Figures 2 and 8: images, their latents, mean latents, and batch norm in train mode."""
    options: dict[str, Any] = {"draws": subject.draws, "seed": subject.seed}
    kinds: dict[str, dict[str, NDArray[np.float64]]] = {}
    for name, images in subject.images.items():
        found = kinds_of_latents(subject.flow, images, train_mode=False, **options)
        if subject.train_mode:  # one batch with those that were measured, so that it has the same statistics
            batch = np.concatenate([images, subject.others[name]])
            found["train_mode"] = analysed_latents(subject.flow, batch, seed=subject.seed, batch_norm="train")[
                : len(images)
            ]
        for kind, z in found.items():
            kinds.setdefault(label(kind, subject.draws), {})[name] = z
    notes = {
        kind: {name: edge_correlation(z, subject.images[name]) for name, z in by_set.items()}
        for kind, by_set in kinds.items()
    }
    measured = {name: of["edges"] for name, of in subject.measured.items()}
    caption = [
        f"{label(kind, subject.draws)}: correlation of |z| with edges, mean over images: "
        + ", ".join(f"{name} {said(edges[kind], 2)}" for name, edges in measured.items())
        for kind in next(iter(measured.values()))
    ]
    if subject.train_mode:
        caption.append("Train mode: batch norms normalise with these and the measured images of the set, in one batch.")
    return latent_figure(subject.images, kinds, title=f"Latents: {subject.who}", notes=notes, caption=caption)


def couplings(subject: Subject) -> "Figure":
    """Figures 1, 3, 9 and 11: each coupling's input, prediction and scales, for one image of each set."""
    rows = {
        name: coupling_row(coupling_pictures(subject.flow, images[:1], seed=subject.seed))
        for name, images in subject.images.items()
    }
    layers = subject.measured[subject.names[0]]["couplings"]
    headings = [f"{i}: {layer['size'][0]}x{layer['size'][1]}" for i, layer in enumerate(layers, 1)]
    which = ", ".join(f"image {subject.indices[name][0]:,} of {name}" for name in subject.images)
    what = (
        "R²: of −t against the part of x that the layer changes, for this image. Where a layer changes nothing, s and "
        "t are 0."
        if subject.predicts
        else "s: the logarithm of each number's own derivative, 0 where a layer changes nothing."
    )
    caption = [f"Shown: {which}. {what}"]
    return coupling_figure(rows, headings=headings, title=f"Coupling layers: {subject.who}", caption=caption)


def coupling_row(pictures: Sequence[CouplingPictures]) -> CouplingRow:
    """Put together what all couplings do to the first image of their pictures."""
    before, log_scale = (np.stack([getattr(layer, name)[0] for layer in pictures]) for name in ("before", "log_scale"))
    shift, r2 = (_stacked([getattr(layer, name) for layer in pictures]) for name in ("shift", "r2"))
    return CouplingRow(before, shift, log_scale, r2, pictures[-1].after[0])


def _stacked(of_layers: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    """Put what layers have of the first image together, not a number where one has none; none if none has any."""
    some = next((values[0] for values in of_layers if values is not None), None)
    if some is None:
        return None
    return np.stack([np.full_like(some, np.nan) if values is None else values[0] for values in of_layers])


def predictions(subject: Subject) -> "Figure | None":
    """Section 4.2 in numbers: R² of each coupling, and without what the coupling before wrote."""
    if not subject.predicts:
        return None
    kinds = {
        "as it is": "r2", "erased": "r2_erased", "swapped": "r2_swapped",
        "swapped, against the other image": "r2_donor",
    }  # fmt: skip
    curves = {
        name: [
            Curve.of(said, [layer[key] and Estimate(**layer[key]) for layer in measured["couplings"]])
            for said, key in kinds.items()
        ]
        for name, measured in subject.measured.items()
    }
    caption = [
        "R² of −t against what the layer changes. Erased: the st-network sees its part as if the coupling before had",
        "done nothing. Swapped: as if that one had seen another image. Triangles: below −1.",
    ]
    return prediction_figure(curves, title=f"What couplings predict: {subject.who}", caption=caption)


def contributions(subject: Subject) -> "Figure":
    """Which pixels the likelihood comes from."""
    maps: dict[str, dict[str, NDArray[np.float64]]] = {"log p(z)": {}, "log-det": {}, "sum": {}}
    for name, images in subject.images.items():
        prior, log_det = contribution_maps(subject.flow, images, seed=subject.seed)
        for part, values in zip(maps, (prior, log_det, prior + log_det), strict=True):
            maps[part][name] = values
    dims = subject.flow.dims
    caption = [
        f"Sum: log p(x) but for the constant of 8 bits, −{dims:,} log 256 = −{dims * math.log(256):,.0f} nats. "
        "Averaged over blocks of 2x2 pixels."
    ]
    title = f"Which pixels the likelihood comes from: {subject.who}"
    return contribution_figure(subject.images, maps, title=title, caption=caption)


def gap(subject: Subject) -> "Figure":
    """Which part of the flow makes one set likelier than the other."""
    parts = [Part(**part) for part in gap_parts(subject.measured, subject.names, subject.flow.dims, subject.seed)]
    whole = parts[-1]
    likelier = subject.names[whole.outside > whole.inside]
    caption = [
        "Means over images, in bits per dimension of the image; lines: 95 % bootstrap intervals of the difference."
    ]
    title = f"Where the gap comes from ({likelier} is likelier): {subject.who}"
    return gap_figure(parts, names=subject.names, title=title, caption=caption)


def histograms(subject: Subject) -> "Figure":
    """Figures 1a and 6: likelihoods of the images that were measured."""
    inside, outside = subject.names
    log_probs = {name: subject.measured[name]["log_prob"] for name in subject.names}
    area = auroc(-log_probs[inside], -log_probs[outside])
    rows = [
        Row(
            name,
            subject.images[name],
            bits_per_dim(log_probs[name], subject.flow.dims),
            area if name == outside else None,
        )
        for name in subject.names
    ]
    return likelihood_figure(rows, dims=subject.flow.dims, title=f"Likelihoods: {subject.who}")


def samples(subject: Subject) -> "Figure":
    """Figure 15, with temperature: the same latents, longer and shorter."""
    strips = []
    for temperature in TEMPERATURES:
        drawn = subject.flow.sample(SAMPLES, seed=subject.seed, temperature=temperature).cpu().numpy()
        strips.append(Strip(f"T = {temperature:g}", list(drawn)))
    caption = ["T: standard deviation of the latents that are drawn; the flow's own is 1."]
    return sheet_figure([Block(strips, [("", SAMPLES)])], title=f"Samples: {subject.who}", caption=caption)


def resampling(subject: Subject) -> "Figure":
    """Figure 16: the latents of a square in the middle drawn anew."""
    square = square_of(subject.flow)
    side = int(square.sum() ** 0.5)
    generator = generator_of(subject.seed)
    redrawn = [
        [
            image
            for images in subject.images.values()
            for image in resample(subject.flow, images, square, noise=image_noise(images, subject.seed), seed=generator)
        ]
        for _ in range(REDRAWN)
    ]
    strips = [Strip("image", [image for images in subject.images.values() for image in images], outline=square)]
    strips += [Strip(f"drawn anew, {i}", panels) for i, panels in enumerate(redrawn, 1)]
    caption = [f"The latents of the {side}x{side} pixels in the frame are drawn anew, all others kept."] + [
        f"{name}: mean change {said(measured['resampling']['surround'], 1)} of 255 grey levels in the surround, "
        f"{said(measured['resampling']['inside'], 1)} in the frame."
        for name, measured in subject.measured.items()
    ]
    groups = [(name, len(images)) for name, images in subject.images.items()]
    return sheet_figure([Block(strips, groups)], title=f"Latent resampling: {subject.who}", caption=caption)


def masks(subject: Subject) -> "Figure":
    """Figures 7 and 12, of this flow: what each coupling sees and changes, on the image's own pixels."""
    image = next(iter(subject.images.values()))[0]
    walk, grey = Walk(subject.flow), np.round(image.mean(0)).astype(np.uint8)
    states = [_first_channel(place, subject.flow) for place in walk.couplings]
    runs = [[*run] for _, run in groupby(range(len(states)), key=lambda i: states[i].tobytes())]
    blocks = []
    for start in range(0, len(runs), MASKS_IN_A_ROW):
        part = runs[start : start + MASKS_IN_A_ROW]
        panels = [np.moveaxis(tinted(grey, states[run[0]]), -1, 0) for run in part]
        headings = [f"{run[0] + 1}" if len(run) == 1 else f"{run[0] + 1} to {run[-1] + 1}" for run in part]
        blocks.append(Block([Strip("coupling", panels)], [("", len(part))], headings=headings))
    caption = [
        "Orange: what the coupling changes. As it is: what it sees. Pale: neither; it has left the flow or is idle."
    ]
    if len(image) == 3:
        caption.append("Of the three colour channels the first is shown.")
    return sheet_figure(blocks, title=f"Masks: {subject.who}", caption=caption)


PICTURES: dict[str, Callable[[Subject], "Figure | None"]] = {
    "histograms": histograms,
    "latents": latents,
    "couplings": couplings,
    "predictions": predictions,
    "contributions": contributions,
    "gap": gap,
    "samples": samples,
    "resampling": resampling,
    "masks": masks,
}
"""By file name, in the order of the page; none where the flow has no such picture."""


def gap_parts(
    measured: Mapping[str, Mapping[str, Any]], names: tuple[str, str], dims: int, seed: int
) -> list[dict[str, Any]]:
    """Take the gap between two sets apart: bits/dim of each part in both, and the interval of the difference."""
    inside, outside = (measured[name] for name in names)
    parts = []
    for part in [*inside["parts"], "all"]:
        here, there = (
            (side["log_prob"] if part == "all" else side["parts"][part]) / (dims * math.log(2))
            for side in (inside, outside)
        )
        parts.append(asdict(Part.between(part, here, there, seed=seed)))
    return parts


def said(estimate: Mapping[str, float] | None, digits: int) -> str:
    """Write an estimate with its interval, or that there is none.

    Example:
        >>> said({"value": 0.25, "low": 0.2, "high": 0.3}, 2), said(None, 2)
        ('0.25 [0.20, 0.30]', 'not measurable')
    """
    if estimate is None:
        return "not measurable"
    value, low, high = (f"{estimate[end]:.{digits}f}".replace("-", "−") for end in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _first_channel(place: Place, flow: Flow) -> NDArray[np.int64]:
    """Map the pixels of the first channel: 0 neither, 1 seen, 2 changed by a coupling."""
    state = torch.zeros(flow.dims, dtype=torch.long)
    state[place.pixels[place.sees].cpu()] = SEEN
    state[place.pixels[place.changes].cpu()] = CHANGED
    return state.reshape(flow.shape)[0].numpy()
