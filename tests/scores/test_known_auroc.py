"""Scores on a problem whose AUROC is known: standard normal vectors, and others that are wider or narrower."""

import numpy as np
import pytest
import torch
from scipy import stats

from oodflow.bijections import ActNorm, Chain
from oodflow.data import RealSet
from oodflow.flows import Flow, Reals
from oodflow.metrics import auroc
from oodflow.scores import named_score
from oodflow.statistics import Observation

DIMS, COUNT = 6, 6000
GRID = (np.arange(20_000) + 0.5) / 20_000


@pytest.fixture(scope="module")
def flow():
    """A flow that has learned where its vectors lie and how wide they are: in the latents nothing is left of it."""
    flow = Flow(Reals((DIMS,)), Chain([ActNorm(DIMS)]))
    flow.initialise(torch.from_numpy(vectors(0)))
    return flow.eval().requires_grad_(False)


def vectors(seed, width=1.0):
    normals = np.random.default_rng(seed).normal(0, width, (COUNT, DIMS))
    return (normals * np.linspace(0.5, 3, DIMS) + 7).astype(np.float32)


def observe(flow, seed, width=1.0):
    return Observation(flow, RealSet.from_array(vectors(seed, width)))


def length(dims, width=1.0):
    """Quantiles of half the mean squared length of vectors, and so of −log p up to a constant."""
    return width**2 * stats.chi2.ppf(GRID, dims) / 2


def known(name, width):
    """What theory says of a score."""
    inside, outside = length(DIMS), length(DIMS, width)
    match name:
        case "likelihood" | "latent-likelihood":
            return stats.f.sf(1 / width**2, DIMS, DIMS)
        case "log-determinant":
            return 0.5
        case "typicality":
            return auroc(abs(inside - DIMS / 2), abs(outside - DIMS / 2))
        case "typicality?group=5":
            grouped = [length(5 * DIMS, wide) / 5 for wide in (1.0, width)]
            return auroc(*(abs(values - DIMS / 2) for values in grouped))
        case "two-sided?of=likelihood":
            ranks = [stats.chi2.cdf(2 * values, DIMS) for values in (inside, outside)]
            return auroc(*(np.maximum(rank, 1 - rank) for rank in ranks))
    raise AssertionError(name)


@pytest.mark.parametrize("width", [0.7, 1.0, 1.4])
@pytest.mark.parametrize(
    "name",
    [
        "likelihood",
        "latent-likelihood",
        "log-determinant",
        "typicality",
        "typicality?group=5",
        "two-sided?of=likelihood",
    ],
)
def test_a_score_comes_to_its_known_auroc(flow, name, width):
    fitted = named_score(name).fit(observe(flow, 1))
    inside, outside = fitted.score(observe(flow, 2)), fitted.score(observe(flow, 3, width))
    error = np.sqrt(1 / 12 * (1 / len(inside) + 1 / len(outside)))  # of an AUROC of ½, where it is largest
    assert auroc(inside, outside) == pytest.approx(known(name, width), abs=4 * error)
