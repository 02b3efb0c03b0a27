"""Statistics: what is computed for each image or vector of a data set under a model, once, for all scores to share.

``STATISTICS`` names them, one a file. Adding one is a file here, or in a package of yours, and a line in the registry;
``oodflow.testing.check_statistic`` says if it is sound.
"""

from typing import Annotated

from pydantic import SerializeAsAny

from oodflow.gradients import inference
from oodflow.registry import ChosenFrom, Registry
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.batch_norm_log_prob import BatchNormLogProb
from oodflow.statistics.compressed_bits import Codec, CompressedBits
from oodflow.statistics.cost import timed
from oodflow.statistics.curvature import Curvature
from oodflow.statistics.decoder_spectrum import DecoderSpectrum
from oodflow.statistics.embedding import Embedding
from oodflow.statistics.gradient_norms import GradientNorms
from oodflow.statistics.groups import deal, too_few
from oodflow.statistics.input_gradients import InputGradients
from oodflow.statistics.latent_neighbours import LatentNeighbours
from oodflow.statistics.latent_normality import LatentNormality
from oodflow.statistics.latents import Latents
from oodflow.statistics.log_det import LogDet
from oodflow.statistics.log_prob import LogProb
from oodflow.statistics.log_prob_z import LogProbZ
from oodflow.statistics.model import Density, density_of
from oodflow.statistics.noisy_log_prob import NoisyLogProb
from oodflow.statistics.observation import Observation
from oodflow.statistics.other_log_prob import OtherLogProb, flow_from
from oodflow.statistics.pixels import PixelMoments, Pixels
from oodflow.statistics.requirements import require_columns, require_images, require_shape
from oodflow.statistics.statistic import Array, Needs, Statistic
from oodflow.statistics.store import Store
from oodflow.statistics.transformed_log_prob import Move, TransformedLogProb

STATISTICS: Registry[type[Statistic]] = Registry(
    "statistic",
    "oodflow.statistics",
    {
        "log_prob": LogProb,
        "log_prob_z": LogProbZ,
        "log_det": LogDet,
        "latents": Latents,
        "latent_normality": LatentNormality,
        "latent_neighbours": LatentNeighbours,
        "gradient_norms": GradientNorms,
        "input_gradients": InputGradients,
        "curvature": Curvature,
        "decoder_spectrum": DecoderSpectrum,
        "transformed_log_prob": TransformedLogProb,
        "noisy_log_prob": NoisyLogProb,
        "batch_norm_log_prob": BatchNormLogProb,
        "compressed_bits": CompressedBits,
        "pixels": Pixels,
        "pixel_moments": PixelMoments,
        "other_log_prob": OtherLogProb,
        "embedding": Embedding,
    },
)

AnyStatistic = Annotated[SerializeAsAny[Statistic], ChosenFrom(STATISTICS)]
"""Settings of any registered statistic."""

__all__ = [
    "STATISTICS", "AnyStatistic", "Array", "Batch", "BatchNormLogProb", "Codec", "CompressedBits", "Curvature",
    "DecoderSpectrum", "Density", "Embedding", "GradientNorms", "InputGradients", "LatentNeighbours", "LatentNormality",
    "Latents", "LogDet", "LogProb", "LogProbZ", "Move", "Needs", "NoisyLogProb", "Observation", "OtherLogProb",
    "PixelMoments", "Pixels", "Statistic", "Store", "TransformedLogProb", "deal", "density_of", "flow_from",
    "inference", "numbers", "require_columns", "require_images", "require_shape", "timed", "too_few",
]  # fmt: skip
