"""Scores of out-of-distribution data: one a file, all computed from one shared pass of the flow over a data set.

A higher score always means more out of distribution. ``SCORES`` names them; each entry makes a score that is not yet
fitted. Adding one is a file here and a line in ``SCORES``; ``oodflow.testing.scores.check_score`` says if it is sound.
"""

from collections.abc import Callable

from oodflow.registry import Registry
from oodflow.scores.complexity import InputComplexity
from oodflow.scores.compressed_size import CompressedSize
from oodflow.scores.evidence import Evidence, observe, require_images, require_shape
from oodflow.scores.likelihood import Likelihood
from oodflow.scores.score import NotFittedError, Score
from oodflow.scores.storage import SavedScores, load_scores, save_scores
from oodflow.scores.typicality import Typicality

SCORES: Registry[Callable[[], Score]] = Registry(
    "score",
    "oodflow.scores",
    {
        "likelihood": Likelihood,
        "typicality": Typicality,
        "complexity": InputComplexity,
        "compressed-size": CompressedSize,
    },
)

__all__ = [
    "SCORES",
    "CompressedSize",
    "Evidence",
    "InputComplexity",
    "Likelihood",
    "NotFittedError",
    "SavedScores",
    "Score",
    "Typicality",
    "load_scores",
    "observe",
    "require_images",
    "require_shape",
    "save_scores",
]
