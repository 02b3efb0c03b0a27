"""Coupling layers at work: what each predicts, how well, and what it sees."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.analysis import CouplingPictures, Place, Walk, coupling_pictures
from oodflow.explanation.subject import Subject
from oodflow.figures import Block, CouplingRow, Curve, Strip, coupling_figure, prediction_figure, sheet_figure, tinted
from oodflow.figures.mask_sheet import CHANGED, SEEN
from oodflow.flows import Flow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MASKS_IN_A_ROW = 8


def couplings(subject: Subject) -> "Figure":
    """Figures 1, 3, 9 and 11: each coupling's input, prediction and scales, for one image of each set."""
    rows = {
        name: coupling_row(coupling_pictures(subject.flow, images[:1], seed=subject.seed))
        for name, images in subject.shown.items()
    }
    layers = subject.explanation.inside.couplings
    headings = [f"{i}: {layer.size[0]}x{layer.size[1]}" for i, layer in enumerate(layers, 1)]
    which = ", ".join(f"image {subject.explanation.shown[name][0]:,} of {name}" for name in subject.shown)
    what = (
        "R²: of the prediction against the part of x that the layer changes, for this image. s: the logarithm of each "
        "number's own derivative. Where a layer changes nothing, both are 0."
    )
    caption = [f"Shown: {which}. {what}"]
    return coupling_figure(rows, headings=headings, title=f"Coupling layers: {subject.name}", caption=caption)


def coupling_row(pictures: Sequence[CouplingPictures]) -> CouplingRow:
    """Put together, for :func:`oodflow.figures.coupling_figure`, what all couplings do to the first of their images."""
    names = ("before", "prediction", "log_scale", "r2")
    before, prediction, log_scale, r2 = (np.stack([getattr(layer, name)[0] for layer in pictures]) for name in names)
    return CouplingRow(before, prediction, log_scale, r2, pictures[-1].after[0])


def predictions(subject: Subject) -> "Figure":
    """Section 4.2 in numbers: R² of each coupling, and without what the coupling before wrote."""
    kinds = {
        "as it is": "r2", "erased": "r2_erased", "swapped": "r2_swapped",
        "swapped, against the other image": "r2_donor",
    }  # fmt: skip
    curves = {
        one.name: [Curve.of(name, [getattr(layer, key) for layer in one.couplings]) for name, key in kinds.items()]
        for one in subject.explanation.sets
    }
    caption = [
        "R² of the prediction against what the layer changes. Erased: the st-network sees its part as if the coupling",
        "before had done nothing. Swapped: as if that one had seen another image. Triangles: below −1.",
    ]
    return prediction_figure(curves, title=f"What couplings predict: {subject.name}", caption=caption)


def masks(subject: Subject) -> "Figure":
    """Figures 7 and 12, of this flow: what each coupling sees and changes, on the image's own pixels."""
    image = next(iter(subject.shown.values()))[0]
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
    if len(image) > 1:
        caption.append(f"Of the {'three colour' if len(image) == 3 else len(image)} channels the first is shown.")
    return sheet_figure(blocks, title=f"Masks: {subject.name}", caption=caption)


def _first_channel(place: Place, flow: Flow) -> NDArray[np.int64]:
    """Map the pixels of the first channel: 0 neither, 1 seen, 2 changed by a coupling."""
    state = torch.zeros(flow.dims, dtype=torch.long)
    state[place.pixels[place.sees].cpu()] = SEEN
    state[place.pixels[place.changes].cpu()] = CHANGED
    return state.reshape(flow.shape)[0].numpy()
