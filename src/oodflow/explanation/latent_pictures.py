"""Images in the latents, and images made of latents."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oodflow.analysis import edge_correlation, resample
from oodflow.analysis import latents as analysed_latents
from oodflow.document.numbers import with_interval
from oodflow.explanation.measure import kinds_of_latents, label, square_of
from oodflow.explanation.subject import Subject
from oodflow.figures import Block, Strip, latent_figure, sheet_figure
from oodflow.flows import generator_of, image_noise

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPERATURES = (0.5, 0.7, 0.85, 1.0)
SAMPLES = 8  # at each temperature
REDRAWN = 2  # resamplings of each image


def latents(subject: Subject) -> "Figure":
    """Figures 2 and 8: images, their latents, mean latents, and batch norm in train mode."""
    kinds: dict[str, dict[str, NDArray[np.float64]]] = {}
    for side in subject.sides:
        found = kinds_of_latents(subject.flow, side.shown, draws=subject.draws, seed=subject.seed, train_mode=False)
        if subject.explanation.train_mode:  # one batch with those measured, so that it has the same statistics
            batch = np.concatenate([side.shown, side.images])
            together = analysed_latents(subject.flow, batch, seed=subject.seed, batch_norm="train")
            found["train_mode"] = together[: len(side.shown)]
        for kind, z in found.items():
            kinds.setdefault(label(kind, subject.draws), {})[side.facts.name] = z
    notes = {
        kind: {name: edge_correlation(z, subject.shown[name]) for name, z in by_set.items()}
        for kind, by_set in kinds.items()
    }
    caption = [
        f"{label(kind, subject.draws)}: correlation of |z| with edges, mean over images: "
        + ", ".join(f"{one.name} {with_interval(one.edge_correlation[kind], 2)}" for one in subject.explanation.sets)
        for kind in subject.explanation.inside.edge_correlation
    ]
    if subject.explanation.train_mode:
        caption.append("Train mode: batch norms normalise with these and the measured images of the set, in one batch.")
    return latent_figure(subject.shown, kinds, title=f"Latents: {subject.name}", notes=notes, caption=caption)


def samples(subject: Subject) -> "Figure":
    """Figure 15, with temperature: the same latents, longer and shorter."""
    strips = []
    for temperature in TEMPERATURES:
        drawn = subject.flow.sample(SAMPLES, seed=subject.seed, temperature=temperature).cpu().numpy()
        strips.append(Strip(f"T = {temperature:g}", list(drawn)))
    caption = ["T: standard deviation of the latents that are drawn; the flow's own is 1."]
    return sheet_figure([Block(strips, [("", SAMPLES)])], title=f"Samples: {subject.name}", caption=caption)


def resampling(subject: Subject) -> "Figure":
    """Figure 16: the latents of a square in the middle drawn anew."""
    square = square_of(subject.flow)
    side = int(square.sum() ** 0.5)
    generator = generator_of(subject.seed)
    redrawn = [
        [
            image
            for images in subject.shown.values()
            for image in resample(subject.flow, images, square, noise=image_noise(images, subject.seed), seed=generator)
        ]
        for _ in range(REDRAWN)
    ]
    strips = [Strip("image", [image for images in subject.shown.values() for image in images], outline=square)]
    strips += [Strip(f"drawn anew, {i}", panels) for i, panels in enumerate(redrawn, 1)]
    caption = [f"The latents of the {side}x{side} pixels in the frame are drawn anew, all others kept."] + [
        f"{one.name}: mean change {with_interval(one.resampling.surround, 1)} of 255 grey levels in the surround, "
        f"{with_interval(one.resampling.inside, 1)} in the frame."
        for one in subject.explanation.sets
    ]
    groups = [(name, len(images)) for name, images in subject.shown.items()]
    return sheet_figure([Block(strips, groups)], title=f"Latent resampling: {subject.name}", caption=caption)
