"""Whether the log-density is as steep around an image, near and farther away, as around others of its kind."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.errors import UsageError
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import InputGradients as Gradients
from oodflow.statistics import Statistic

_LEAST = 1e-6  # variance of a logarithm that is the same for all images


class InputGradients(Score):
    r"""Distance of the gradient's norms at several sizes of noise from the usual ones, by a normal distribution.

    .. math:: s(x) = \tfrac12 (m - \mu)^\top \Sigma^{-1} (m - \mu), \qquad
              m_k = \log \bigl\| \nabla_v \log p(v + \sigma_k \varepsilon_k) \bigr\|

    in nats: the negative log-density up to a constant, of :math:`\mu` and :math:`\Sigma` fitted to held-out images,
    :math:`\Sigma` shrunk towards a multiple of the identity as Ledoit and Wolf do. A factor :math:`\sigma_k` before the
    gradient, as the authors have it, would change nothing but :math:`\mu`. A gradient takes about twice as long as
    a likelihood, and there are as many as sizes.

    This is after the source, not a reproduction: there a network has learned the gradients of noisy data, and a mixture
    of normal distributions their norms; here the gradients are those of a flow that knows data without noise.

    Attributes:
        levels: how many sizes.
        smallest: the smallest, in grey levels; see :class:`~oodflow.statistics.InputGradients`.
        largest: the largest; those between are spread geometrically.

    Reference:
        Mahmood, Oliva, Styner, 2021, "Multiscale score matching for out-of-distribution detection", arXiv 2010.13132;
        Ledoit and Wolf, 2004, "A well-conditioned estimator for large-dimensional covariance matrices".

    Example:
        >>> from oodflow.testing.observations import example
        >>> InputGradients(levels=3).fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["input-gradients"] = "input-gradients"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True
    levels: int = Field(7, ge=1)
    smallest: float = Field(1.0, gt=0)
    largest: float = Field(64.0, gt=0)

    @property
    def _statistic(self) -> Gradients:
        return Gradients(levels=self.levels, smallest=self.smallest, largest=self.largest)

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return 2

    def reads(self) -> tuple[Statistic, ...]:
        """Read the norms of the gradients."""
        return (self._statistic,)

    def learn(self, seen: Seen) -> Learned:
        """Fit the normal distribution.

        Raises:
            UsageError: there is but one image.
        """
        from sklearn.covariance import LedoitWolf

        norms = seen[self._statistic]
        if len(norms) < self.least:
            raise UsageError("the norms of one image have no covariance: fit on more.")
        covariance = LedoitWolf(store_precision=False).fit(norms).covariance_ + _LEAST * np.eye(self.levels)
        return {"mean": norms.mean(0), "precision": np.linalg.inv(covariance)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return half the squared Mahalanobis distance, [N] in nats."""
        distance = seen[self._statistic] - learned["mean"]
        return np.asarray((distance[:, :, None] * distance[:, None, :] * learned["precision"]).sum((1, 2)) / 2)
