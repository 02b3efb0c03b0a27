"""The scores that there are."""

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
from oodflow.scores.named import SCORES
from oodflow.scores.perturbed_likelihood import PerturbedLikelihood
from oodflow.scores.pixel_moments import PixelMoments
from oodflow.scores.principal_components import PrincipalComponents
from oodflow.scores.projections import Projections
from oodflow.scores.scoped import Scoped
from oodflow.scores.score_statistic import ScoreStatistic
from oodflow.scores.transformed import Transformed
from oodflow.scores.two_sided import TwoSided
from oodflow.scores.typicality import Typicality
from oodflow.scores.waic import WAIC

__all__ = ["SCORES"]

SCORES.update({
    "likelihood": Likelihood,
    "latent-likelihood": LatentLikelihood,
    "latent-density": LatentDensity,
    "log-determinant": LogDeterminant,
    "typicality": Typicality,
    "complexity": InputComplexity,
    "likelihood-ratio": LikelihoodRatio,
    "waic": WAIC,
    "latent-normality": LatentNormality,
    "latent-neighbours": LatentNeighbours,
    "latent-covariance": LatentCovariance,
    "projections": Projections,
    "batch-norm": BatchNorm,
    "gradient-norms": GradientNorms,
    "score-statistic": ScoreStatistic,
    "input-gradients": InputGradients,
    "scoped": Scoped,
    "local-dimension": LocalDimension,
    "transformed": Transformed,
    "two-sided": TwoSided,
    "density-of-scores": DensityOfScores,
    "combined": Combined,
    # Baselines without a flow.
    "compressed-size": CompressedSize,
    "pixel-moments": PixelMoments,
    "principal-components": PrincipalComponents,
    # With an outside model, which has learned from other images.
    "embedding-mahalanobis": EmbeddingMahalanobis,
    "embedding-mixture": EmbeddingMixture,
    "embedding-neighbours": EmbeddingNeighbours,
    "perturbed-likelihood": PerturbedLikelihood,
})  # fmt: skip
