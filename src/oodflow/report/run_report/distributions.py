"""How the values of each score lie in each set."""

import math

import numpy as np
from numpy.typing import NDArray

from oodflow.document import Distribution, Distributions, Roc, Sample
from oodflow.evaluation.record import Evaluation
from oodflow.figures import shared_range
from oodflow.metrics import auroc, bits_per_dim, roc
from oodflow.report.run_report.stored import Stored
from oodflow.scores import Values

BINS = 120
POINTS = 200  # of a ROC curve, at most: more than a screen shows


def distributions(found: Stored) -> Distributions:
    """Sum up all values: histograms on one axis for all sets, and the ROC curve of each set against the test set."""
    inside, *outsides = [one.name for one in found.evaluation.sets]
    names = sorted(found.values[inside], key=lambda name: (name != "likelihood", name))
    scores = []
    for name in names:
        values = {of: axis_values(found, of, name) for of in (inside, *outsides)}
        finite = [one[np.isfinite(one)] for one in values.values()]
        edges = np.linspace(*shared_range([one for one in finite if one.size] or [np.zeros(1)]), BINS + 1)
        samples = [_sample(inside, values[inside], edges)]
        samples += [_sample(of, values[of], edges, _roc(values[inside], values[of])) for of in outsides]
        scores.append(Distribution(name, axis_of(found.evaluation, name), _rounded(edges, 6), tuple(samples)))
    return Distributions(
        "", tuple(scores),
        "Higher is more out of distribution. A value is of an image or row, or of a group of them where the score says "
        "so; what lies far from all sets is beyond the axis, and counted.",
    )  # fmt: skip


def axis_values(found: Stored, of: str, score: str) -> Values:
    """Give the values of a score in a set, the likelihood of images in bits/dim."""
    values = found.values[of][score]
    if not _in_bits(found.evaluation, score):
        return values
    return np.asarray(bits_per_dim(-values, math.prod(found.evaluation.inside.shape)))


def axis_of(evaluation: Evaluation, score: str) -> str:
    """Say what these values are, with their unit."""
    return "bits/dim" if _in_bits(evaluation, score) else "−log p, nats" if score == "likelihood" else score


def _in_bits(evaluation: Evaluation, score: str) -> bool:
    return score == "likelihood" and evaluation.inside.unit == "images"


def _sample(name: str, values: Values, edges: NDArray[np.float64], curve: Roc | None = None) -> Sample:
    counts, _ = np.histogram(values, bins=edges)
    low, middle, high = _rounded(np.percentile(values, [5, 50, 95]), 6)
    below, above = int((values < edges[0]).sum()), int((values > edges[-1]).sum())
    return Sample(name, tuple(map(int, counts)), below, above, (low, middle, high), curve)


def _roc(inside: Values, outside: Values) -> Roc:
    """Thin a curve out: points at equal distances along it, as a town's streets are measured."""
    alarms, found = roc(inside, outside)
    rows = np.unique(np.searchsorted(alarms + found, np.linspace(0, 2, POINTS)).clip(max=len(alarms) - 1))
    return Roc(_rounded(alarms[rows], 4), _rounded(found[rows], 4), auroc(inside, outside))


def _rounded(values: NDArray[np.float64], digits: int) -> tuple[float, ...]:
    return tuple(float(f"{value:.{digits}g}") for value in values)
