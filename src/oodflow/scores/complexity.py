"""Judge the likelihood beside how simple the image is anyway: simple images are likely under every flow."""

import math
from typing import ClassVar, Literal

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Codec, CompressedBits, LogProb, Statistic


class InputComplexity(Score):
    r"""Input complexity: the flow's code length less the code length of general-purpose lossless compressors.

    .. math:: s(x) = -\log_2 p(x) - L(x) \quad\text{in bits}

    with L the compressed size: a log-likelihood ratio between the flow and a model of images in general, so that both
    terms must count the same 8-bit image in the same unit.

    Attributes:
        codec: of L; see :class:`~oodflow.statistics.CompressedBits`.

    Reference:
        Serrà, Álvarez, Gómez, Slizovskaia, Núñez, Luque, 2020, arXiv 1909.11480, equation 1. They compress with PNG,
        JPEG2000 and FLIF, we with the smaller of PNG and WebP unless told otherwise.

    Example:
        >>> from oodflow.testing.observations import example
        >>> InputComplexity(codec="png").score(example("test")).shape
        (32,)
    """

    kind: Literal["complexity"] = "complexity"
    unit: ClassVar[str] = "bits"
    codec: Codec = "smallest"

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-probability and the compressed size."""
        return LogProb(), CompressedBits(codec=self.codec)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return −log2 p(x) − L(x), [N] in bits."""
        return -seen[LogProb()] / math.log(2) - seen[CompressedBits(codec=self.codec)]
