"""Numbers that say how good a score or a flow is: ranking metrics with intervals, and bits per dimension."""

from oodflow.metrics.bits import bits_per_dim, nats_per_image
from oodflow.metrics.bootstrap import LEAST, bootstrap_auroc
from oodflow.metrics.conformal import conformal_p_values, conformal_threshold
from oodflow.metrics.envelope import optimistic_auroc
from oodflow.metrics.false_discovery import discoveries
from oodflow.metrics.interval import Estimate, difference, estimate, mean
from oodflow.metrics.martingale import ConformalMartingale
from oodflow.metrics.paired import auroc_difference
from oodflow.metrics.ranking import Ranking, aupr_in, aupr_out, auroc, fpr95, ranking, roc
from oodflow.metrics.ranks import RankComparison, compare_ranks

__all__ = [
    "LEAST",
    "ConformalMartingale",
    "Estimate",
    "RankComparison",
    "Ranking",
    "aupr_in",
    "aupr_out",
    "auroc",
    "auroc_difference",
    "bits_per_dim",
    "bootstrap_auroc",
    "compare_ranks",
    "conformal_p_values",
    "conformal_threshold",
    "difference",
    "discoveries",
    "estimate",
    "fpr95",
    "mean",
    "nats_per_image",
    "optimistic_auroc",
    "ranking",
    "roc",
]
