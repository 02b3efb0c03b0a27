"""Latents as images, in- beside out-of-distribution."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oodflow.document.numbers import number
from oodflow.figures.sheet import Block, Scale, Strip, sheet_figure

Maps = Mapping[str, NDArray[np.float64]]


def latent_figure(
    images: Mapping[str, NDArray[np.uint8]],
    latents: Mapping[str, Maps],
    *,
    title: str,
    notes: Mapping[str, Maps] | None = None,
    caption: Sequence[str] = (),
) -> Figure:
    """Show images and below them their latents, each kind in a row with a scale of its own that all sets share.

    Latents of colour images are shown in colour, a channel each, and, as the paper does it, the blue one by itself.

    Args:
        images: for each data set, in-distribution first, uint8 ``[n, C, H, W]``.
        latents: for each kind of latents, such as their mean over dequantisations, and each set: ``[n, C, H, W]``.
        title: written above.
        notes: for kinds and sets, a number for each image, ``[n]``: its correlation with the image's edges.
        caption: lines written below.

    Returns:
        The figure.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), Figures 2 and 8, arXiv:2006.08545.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> images = {"digits": rng.integers(0, 256, (3, 1, 8, 8), dtype=np.uint8)}
        >>> figure = latent_figure(images, {"latents": {"digits": rng.normal(size=(3, 1, 8, 8))}}, title="Latents")
    """
    strips = [Strip("image", [image for pictures in images.values() for image in pictures])]
    for kind, maps in latents.items():
        scale = Scale.around_zero(kind, list(maps.values()))
        correlations = [r for name in images for r in (notes or {}).get(kind, {}).get(name, ())]
        under = [f"edges r {number(r, 2)}" for r in correlations]
        panels = [z for name in images for z in maps[name]]
        if panels[0].shape[0] == 3:
            strips.append(Strip(f"{kind},\nin colour", [_in_colour(z, scale) for z in panels], notes=under))
            strips.append(Strip(f"{kind},\nblue", [z[2] for z in panels], scale))
        else:
            label = kind if len(panels[0]) == 1 else f"{kind},\nfirst of {len(panels[0])}"
            strips.append(Strip(label, [z[0] for z in panels], scale, notes=under))
    groups = [(name, len(pictures)) for name, pictures in images.items()]
    return sheet_figure([Block(strips, groups)], title=title, caption=caption)


def _in_colour(z: NDArray[np.float64], scale: Scale) -> NDArray[np.uint8]:
    share = (np.clip(z, scale.low, scale.high) - scale.low) / (scale.high - scale.low)
    return np.round(255 * share).astype(np.uint8)
