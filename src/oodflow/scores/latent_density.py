"""A flow's density with kernels about known latents in place of its prior."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.scores.blocks import in_blocks
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Latents, LogProb, LogProbZ, Statistic

_ROUNDING = 1e-9  # of squared distances, to the squared length


class LatentDensity(Score):
    r"""Negative log-density of a flow whose prior is a kernel density of the latents of known data.

    .. math:: s(x) = -\log \frac{1}{N K} \sum_{n=1}^{N} \sum_{k=1}^{K} \mathcal N(z; z_n, h_k^2 I)
                     - \log \left|\det \frac{\partial z}{\partial x}\right|, \qquad z = f(x)

    in nats, with the widest kernel :math:`h_1` and each next one of half the variance. A flow that is trained for a
    while leaves structure in its latents, the more so the fewer data there are: gaps, clusters, what lies on a surface.
    The prior does not see it; kernels do, in coordinates in which the data are about as wide everywhere.

    It learns from data that the flow was trained on, too, and the more the better. A datum that lies where a centre
    does is judged by the others: asked about what it has learned from, it would find each likely by itself, and
    thresholds among such data would be too high.

    Attributes:
        widest: :math:`h_1`, in the unit of the prior's deviation.
        widths: K.
        centres: N at most; of more data as many are taken, spread evenly.

    Reference:
        Parzen, 1962, "On estimation of a probability density function and mode", Annals of Mathematical Statistics 33
        (kernels); the two together are ours.

    Example:
        >>> from oodflow.testing.observations import example
        >>> LatentDensity().fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["latent-density"] = "latent-density"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True
    learns_from_training: ClassVar[bool] = True
    widest: float = Field(2.0, gt=0)
    widths: int = Field(9, ge=1)
    centres: int = Field(2000, ge=1)

    def reads(self) -> tuple[Statistic, ...]:
        """Read the latents, and what the log-probability is beside their density."""
        return Latents(), LogProb(), LogProbZ()

    def learn(self, seen: Seen) -> Learned:
        """Keep latents, ``[N, D]``."""
        latents = seen[Latents()]
        kept = min(self.centres, len(latents))
        return {"centres": latents[np.arange(kept) * len(latents) // kept]}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the negative log-density, [N] in nats."""
        of_latents = in_blocks(seen[Latents()], lambda some: self._log_density(some, learned["centres"]))
        return np.asarray(-of_latents - (seen[LogProb()] - seen[LogProbZ()]))

    def _log_density(self, latents: Values, centres: Values) -> Values:
        from scipy.special import logsumexp

        dims = latents.shape[1]
        squares = (latents**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * latents @ centres.T
        squares = np.maximum(squares, 0)
        rows, own = np.arange(len(latents)), squares.argmin(1)
        lies_on_one = squares[rows, own] <= _ROUNDING * ((latents**2).sum(1) + 1)
        lies_on_one &= len(centres) > 1
        squares[rows[lies_on_one], own[lies_on_one]] = np.inf
        nearest = squares.min(1)
        kernels = np.exp(-(squares - nearest[:, None]) / (2 * self.widest**2))
        each = []
        for k in range(self.widths):
            variance = self.widest**2 / 2**k
            each.append(np.log(kernels.sum(1)) - nearest / (2 * variance) - dims / 2 * np.log(2 * np.pi * variance))
            kernels *= kernels  # which halves the variance
        return np.asarray(logsumexp(each, axis=0) - np.log((len(centres) - lies_on_one) * self.widths))
