"""Scores of out-of-distribution data: one a file, each made of statistics that all share.

A higher score always means more out of distribution. ``SCORES`` names them. Adding one is a file here, or in a package
of yours, and a line in the registry; ``oodflow.testing.check_score`` says if it is sound.
"""

from oodflow.scores.complexity import InputComplexity
from oodflow.scores.compressed_size import CompressedSize
from oodflow.scores.likelihood import Likelihood
from oodflow.scores.registered import SCORES, AnyScore, load_score, named_score
from oodflow.scores.score import FittedScore, Learned, NotFittedError, Score, Seen, Values
from oodflow.scores.typicality import Typicality

__all__ = [
    "SCORES", "AnyScore", "CompressedSize", "FittedScore", "InputComplexity", "Learned", "Likelihood",
    "NotFittedError", "Score", "Seen", "Typicality", "Values", "load_score", "named_score",
]  # fmt: skip
