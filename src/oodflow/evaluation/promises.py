"""What scores promise by held-out images that they have not learned from: thresholds, and flags of a whole batch."""

from collections.abc import Mapping

import numpy as np

from oodflow.evaluation.record import Flagged, Threshold
from oodflow.metrics import conformal_p_values, conformal_threshold, discoveries
from oodflow.scores import Values

ByScore = Mapping[str, Values]
"""By name of the score, its values."""


def thresholds(held_out: ByScore, fpr: float | None) -> dict[str, Threshold]:
    """Find above what each score raises the alarm, if a rate of false alarms is asked for."""
    if fpr is None:
        return {}
    return {
        name: Threshold(value=conformal_threshold(values, fpr), images=len(values)) for name, values in held_out.items()
    }


def above(scores: ByScore, limits: Mapping[str, Threshold]) -> dict[str, float]:
    """Tell which share of a set lies above each threshold; on it is not above it."""
    return {name: float((scores[name] > limit.value).mean()) for name, limit in limits.items()}


def flagged(held_out: ByScore, inside: ByScore, outside: ByScore, fdr: float | None) -> dict[str, Flagged]:
    """Flag images of a batch made of both sets, if a rate of false discoveries is asked for; tell what was found."""
    return {} if fdr is None else {
        name: _flagged(reference, inside[name], outside[name], fdr) for name, reference in held_out.items()
    }  # fmt: skip


def _flagged(reference: Values, inside: Values, outside: Values, fdr: float) -> Flagged:
    flags = discoveries(conformal_p_values(reference, np.concatenate([inside, outside])), fdr)
    false, found = np.split(flags, [len(inside)])
    return Flagged(found=float(found.mean()), false=float(false.sum() / max(flags.sum(), 1)))
