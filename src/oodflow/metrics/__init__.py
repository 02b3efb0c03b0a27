"""Numbers that say how good a score or a flow is: ranking metrics with intervals, and bits per dimension."""

from oodflow.metrics.bits import bits_per_dim, nats_per_image
from oodflow.metrics.bootstrap import bootstrap_auroc
from oodflow.metrics.conformal import conformal_threshold
from oodflow.metrics.interval import Estimate, difference, estimate, mean
from oodflow.metrics.ranking import Ranking, aupr_in, aupr_out, auroc, fpr95, ranking

__all__ = [
    "Estimate",
    "Ranking",
    "aupr_in",
    "aupr_out",
    "auroc",
    "bits_per_dim",
    "bootstrap_auroc",
    "conformal_threshold",
    "difference",
    "estimate",
    "fpr95",
    "mean",
    "nats_per_image",
    "ranking",
]
