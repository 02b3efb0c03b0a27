"""Whether an image is likely enough, and has room enough around it to be so."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.errors import UsageError
from oodflow.scores.local_pca import local_pca_dimension
from oodflow.scores.ranks import ranks
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import DecoderSpectrum, LogProb, Pixels, Statistic


class LocalDimension(Score):
    r"""The larger of two ranks among held-out images: of the negative log-likelihood, and of the local dimension's.

    .. math:: s(x) = \max\bigl(F_p(-\log p(x)),\ F_d(-\operatorname{LID}(x; r))\bigr), \qquad
              \operatorname{LID}(x; r) = \#\Bigl\{i : \lambda_i\Bigl(\frac{\partial v}{\partial z}^{\!\top}
              \frac{\partial v}{\partial z}\Bigr) > e^{2 r}\Bigr\}

    with :math:`\partial v / \partial z` the decoder's Jacobian at the image, dequantised but before any logit, or at
    the vector. A density can be high where there is hardly any probability: around an image in whose neighbourhood the
    flow's data fills but few dimensions. So an image is in distribution if it is likely and of as high a dimension as
    others of its kind, both: a threshold on the larger rank is one on each, as the authors draw them, with an equal
    rate of false alarms on either side, which held-out images can tell. A sum of logarithms, as Fisher's, would let
    what is very likely make up for a dimension that is too low, and that is the failure to be caught.

    r is learned, from held-out images alone: it is where their mean dimension is the one that principal components of
    the neighbours of an image have, which takes no flow (see :mod:`oodflow.scores.local_pca`, whose settings are this
    library's own). The authors judge by thresholds that are chosen by the labels, of which
    :func:`oodflow.metrics.optimistic_auroc` is the area.

    An image takes D gradients, and so about 2,000 times as long as its likelihood where it has 784 pixels: ``all``
    leaves this score out; ask for it with ``--limit``.

    Attributes:
        dimension: what the mean dimension of held-out images is to be; without it, what the neighbours say.

    Reference:
        Kamkari, Ross, Hosseinzadeh, Cresswell, Loaiza-Ganem, 2024, "A geometric explanation of the likelihood OOD
        detection paradox", arXiv 2403.18910 (the dimension, thresholds on both, and r by a dimension without a model).

    Example:
        >>> from oodflow.testing.observations import example
        >>> fitted = LocalDimension().fit(example("reference", "vectors"))
        >>> fitted.score(example("test", "vectors")).max() <= 1
        np.True_
    """

    kind: Literal["local-dimension"] = "local-dimension"
    unit: ClassVar[str] = "rank"
    learns: ClassVar[bool] = True
    shown: ClassVar = ()
    why_not_shown: ClassVar[str] = "it takes as many derivatives of an image as it has numbers"
    dimension: float | None = Field(None, gt=0)

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return 3 if self.dimension is None else 1

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-probability and the spectrum, and the data itself where its dimension is to be estimated."""
        return LogProb(), DecoderSpectrum(), *([Pixels()] if self.dimension is None else [])

    def learn(self, seen: Seen) -> Learned:
        """Choose r, and learn how likelihoods and dimensions are distributed, sorted [N] each.

        Raises:
            UsageError: there are fewer than three images, or no data has so many dimensions.
        """
        spectra = seen[DecoderSpectrum()].astype(np.float64)
        dims = spectra.shape[1]
        dimension = local_pca_dimension(seen[Pixels()]) if self.dimension is None else self.dimension
        if dimension > dims:
            raise UsageError(f"dimension is {dimension:g}: expected at most {dims}, which the data has.")
        r = np.quantile(spectra, 1 - dimension / dims)
        return {
            "r": np.asarray(r), "surprise": np.sort(-seen[LogProb()]),
            "missing": np.sort(-local_dimensions(spectra, r)),
        }  # fmt: skip

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the larger of the two ranks, [N], from 0 to 1."""
        dimensions = local_dimensions(seen[DecoderSpectrum()], learned["r"])
        of_likelihood = ranks(-seen[LogProb()], learned["surprise"])
        return np.maximum(of_likelihood, ranks(-dimensions, learned["missing"], step=1.0))


def local_dimensions(spectra: Values, r: Values | float) -> Values:
    """Count the singular values of which the logarithm is above r, of each of ``spectra [N, D]``: float64 ``[N]``.

    Example:
        >>> local_dimensions(np.array([[1.0, 0.0, -1.0], [3.0, 2.0, 1.0]]), r=-0.5)
        array([2., 3.])
    """
    return np.asarray((spectra > r).sum(1), np.float64)
