"""The baseline of a single normal distribution over all pixels."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.errors import UsageError
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Pixels, Statistic

_ROWS = 256


class PrincipalComponents(Score):
    r"""Negative log-density, up to a constant, under a normal distribution that principal components describe.

    .. math:: s(x) = \frac12 \Bigl[ \sum_{k=1}^{K} \frac{y_k^2}{\lambda_k}
              + \frac{\|x - \mu\|^2 - \sum_k y_k^2}{\sigma^2} \Bigr], \qquad y = V^\top (x - \mu)

    with the K directions of largest variance :math:`\lambda_k`, and :math:`\sigma^2` the mean variance of all others:
    the squared Mahalanobis distance under probabilistic PCA, in nats. A flow whose score does not beat it has learned
    nothing about images that tells these data apart.

    Attributes:
        components: K, at most; fewer than the reference has images, or the data numbers.

    Reference:
        Tipping and Bishop, 1999, "Probabilistic principal component analysis", JRSS B 61, section 3.2.

    Example:
        >>> from oodflow.testing.observations import example
        >>> PrincipalComponents(components=8).fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["principal-components"] = "principal-components"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True
    components: int = Field(100, ge=1)

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return 2

    def reads(self) -> tuple[Statistic, ...]:
        """Read the pixels: no flow is asked."""
        return (Pixels(),)

    def learn(self, seen: Seen) -> Learned:
        """Fit the principal components.

        Raises:
            UsageError: there is but one image.
        """
        from sklearn.decomposition import PCA

        x = seen[Pixels()].astype(np.float64)
        if len(x) < self.least:
            raise UsageError("principal components take at least two images to learn from, and one came: fit on more.")
        count = min(self.components, max(1, min(len(x) - 1, x.shape[1]) // 2))
        with np.errstate(invalid="ignore"):  # the share of variance that images have that are all alike
            pca = PCA(count, svd_solver="covariance_eigh").fit(x)
        left = max(float(pca.noise_variance_), 1e-6)
        return {
            "mean": pca.mean_, "directions": pca.components_, "left": np.array(left),
            "variances": np.maximum(pca.explained_variance_, left),
        }  # fmt: skip

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the distance, [N] in nats."""
        x = seen[Pixels()]
        blocks = range(0, len(x), _ROWS)
        return np.concatenate([self._distance(x[start : start + _ROWS], learned) for start in blocks])

    @staticmethod
    def _distance(x: Values, learned: Learned) -> Values:
        """Judge a block of images; it is filled up, for products of matrices of one size alone round all rows alike."""
        centred = np.zeros((_ROWS, x.shape[1]))
        centred[: len(x)] = x - learned["mean"]
        y = centred @ learned["directions"].T
        inside, all_of_it = (y**2 / learned["variances"]).sum(1), (centred**2).sum(1)
        return np.asarray((inside + (all_of_it - (y**2).sum(1)) / learned["left"]) / 2)[: len(x)]
