"""Scores of out-of-distribution data: one a file, each made of statistics that all share.

A higher score always means more out of distribution. ``SCORES`` names them. Adding one is a file here, or in a package
of yours, and a line in the registry; ``oodflow.testing.check_score`` says if it is sound.
"""

from oodflow.scores.batch_norm import BatchNorm
from oodflow.scores.combined import Combined
from oodflow.scores.complexity import InputComplexity
from oodflow.scores.compressed_size import CompressedSize
from oodflow.scores.density_of_scores import DensityOfScores
from oodflow.scores.embedding_mahalanobis import EmbeddingMahalanobis
from oodflow.scores.embedding_mixture import EmbeddingMixture
from oodflow.scores.embedding_neighbours import EmbeddingNeighbours
from oodflow.scores.gradient_norms import GradientNorms
from oodflow.scores.input_gradients import InputGradients
from oodflow.scores.latent_covariance import LatentCovariance
from oodflow.scores.latent_density import LatentDensity
from oodflow.scores.latent_likelihood import LatentLikelihood
from oodflow.scores.latent_neighbours import LatentNeighbours
from oodflow.scores.latent_normality import LatentNormality
from oodflow.scores.likelihood import Likelihood
from oodflow.scores.likelihood_ratio import LikelihoodRatio
from oodflow.scores.local_dimension import LocalDimension
from oodflow.scores.log_determinant import LogDeterminant
from oodflow.scores.named import AnyScore, load_score, named_score, shown_scores
from oodflow.scores.perturbed_likelihood import PerturbedLikelihood
from oodflow.scores.pixel_moments import PixelMoments
from oodflow.scores.principal_components import PrincipalComponents
from oodflow.scores.projections import Projections
from oodflow.scores.ranks import ranks
from oodflow.scores.registered import SCORES
from oodflow.scores.scoped import Scoped
from oodflow.scores.score import FittedScore, Learned, NotFittedError, Score, Seen, Values
from oodflow.scores.score_statistic import ScoreStatistic
from oodflow.scores.transformed import Transformed
from oodflow.scores.two_sided import TwoSided
from oodflow.scores.typicality import Typicality
from oodflow.scores.waic import WAIC

__all__ = [
    "SCORES", "WAIC", "AnyScore", "BatchNorm", "Combined", "CompressedSize", "DensityOfScores", "EmbeddingMahalanobis",
    "EmbeddingMixture", "EmbeddingNeighbours", "FittedScore", "GradientNorms", "InputComplexity", "InputGradients",
    "LatentCovariance", "LatentDensity", "LatentLikelihood", "LatentNeighbours", "LatentNormality", "Learned",
    "Likelihood", "LikelihoodRatio", "LocalDimension", "LogDeterminant", "NotFittedError", "PerturbedLikelihood",
    "PixelMoments", "PrincipalComponents", "Projections", "Scoped", "Score", "ScoreStatistic", "Seen", "Transformed",
    "TwoSided", "Typicality", "Values", "load_score", "named_score", "ranks", "shown_scores",
]  # fmt: skip
