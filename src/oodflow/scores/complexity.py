"""Judge the likelihood beside how simple the image is anyway: simple images are likely under every flow."""

import math

import numpy as np
from numpy.typing import NDArray

from oodflow.scores.evidence import Evidence
from oodflow.scores.score import Score


class InputComplexity(Score):
    r"""Input complexity: the flow's code length less the code length of general-purpose lossless compressors.

    .. math:: s(x) = -\log_2 p(x) - L(x) \quad\text{in bits}

    with L the compressed size: a log-likelihood ratio between the flow and a model of images in general, so that both
    terms must count the same 8-bit image in the same unit.

    Reference:
        Serrà, Álvarez, Gómez, Slizovskaia, Núñez, Luque, 2020, arXiv 1909.11480, equation 1. They compress with PNG,
        JPEG2000 and FLIF, we with ``oodflow.scores.compression.COMPRESSORS``.

    Example:
        >>> from oodflow.testing.scores import example_evidence
        >>> InputComplexity().score(example_evidence(n=3)).shape
        (3,)
    """

    name = "complexity"
    unit = "bits"

    def score(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return −log2 p(x) − L(x), [N] in bits."""
        return -evidence.log_prob / math.log(2) - evidence.compressed_bits
