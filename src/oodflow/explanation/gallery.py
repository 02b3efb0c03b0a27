"""The figures of an explanation, by name."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from oodflow.document import Figure as DocumentFigure
from oodflow.explanation.coupling_pictures import couplings, masks, predictions
from oodflow.explanation.latent_pictures import latents, resampling, samples
from oodflow.explanation.likelihood_pictures import contributions, gap, histograms
from oodflow.explanation.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
"""By file name, in the order of the page; none where the flow has no such
picture. The first line of its docstring is what a figure's caption says."""


def figures_of_page(drawn: Collection[str]) -> list[DocumentFigure]:
    """Name those figures that were drawn as files beside the page."""
    return [
        DocumentFigure(name, f"{name}.png", name, str(draw.__doc__).splitlines()[0])
        for name, draw in PICTURES.items()
        if name in drawn
    ]
