"""Which pixels a score comes from, where it is a sum over them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oodflow.analysis import contribution_maps, contributions
from oodflow.figures import contribution_figure
from oodflow.flows import Flow
from oodflow.scores import FittedScore, LatentLikelihood, Likelihood, LikelihoodRatio, LogDeterminant, Score
from oodflow.statistics import Observation, flow_from

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES = 4  # of each set, its first

MEANING = {
    "likelihood": "−log p(x)",
    "latent-likelihood": "−log p(z)",
    "log-determinant": "−log |det|",
    "likelihood-ratio": "log p(x) of the background less that of the flow",
}
"""By kind of score that is a sum over pixels."""

Floats = NDArray[np.float64]


def score_map(score: Score, flow: Flow, images: NDArray[np.uint8], *, seed: int = 0) -> Floats | None:
    """Spread a score over the pixels of images, as :func:`~oodflow.analysis.contribution_maps` does the likelihood.

    Args:
        score: settings of the score.
        flow: that is asked.
        images: uint8 ``[N, C, H, W]``.
        seed: of the dequantisation noise.

    Returns:
        Nats of each number, ``[N, C, H, W]``, whose sum is the score; none: the score is no sum over pixels.
    """
    match score:
        case Likelihood():
            return _surprise(flow, images, seed)
        case LatentLikelihood(scale=None):
            return -contribution_maps(flow, images, seed=seed)[0]
        case LogDeterminant():
            return -contribution_maps(flow, images, seed=seed)[1]
        case LikelihoodRatio():
            return _surprise(flow, images, seed) - _surprise(flow_from(score.background), images, seed)
    return None


def map_figure(
    scores: Mapping[str, Score | FittedScore], flow: Flow, sets: Mapping[str, Observation], title: str
) -> "Figure | None":
    """Draw the first images of each set and which of their pixels each score comes from.

    None: no score is a sum over pixels, or the flow is over something else than images.
    """
    if not flow.domain.is_images:
        return None
    images = {name: seen.data.batch(slice(0, IMAGES)) for name, seen in sets.items()}
    seed = next(iter(sets.values())).seed
    asked = {name: score.settings if isinstance(score, FittedScore) else score for name, score in scores.items()}
    kinds = [score.kind for score in asked.values()]
    draws = next(iter(sets.values())).draws
    maps: dict[str, dict[str, Floats]] = {}
    for name, settings in asked.items():
        made = {of: score_map(settings, flow, pictures, seed=seed) for of, pictures in images.items()}
        if known := {of: values for of, values in made.items() if values is not None}:
            maps[settings.kind if kinds.count(settings.kind) == 1 else name] = known
    if not maps:
        return None
    meaning = [f"{kind}: {of}" for kind, of in MEANING.items() if any(name.startswith(kind) for name in maps)]
    of = f"the score by the first of {draws} draws of the noise" if draws > 1 else "the score"
    caption = [f"Below each map stands its sum, {of}, in nats; higher is more out of distribution.", "; ".join(meaning)]
    return contribution_figure(images, maps, title=title, caption=caption)


def _surprise(flow: Flow, images: NDArray[np.uint8], seed: int) -> Floats:
    """Spread −log p(x); what belongs to no pixel, as the constant that 8 bits make, lies on all alike."""
    prior, log_det = contribution_maps(flow, images, seed=seed)
    found = -prior - log_det
    rest = -contributions(flow, images, seed=seed).log_prob - found.sum((1, 2, 3))
    return np.asarray(found + (rest / flow.dims)[:, None, None, None])
