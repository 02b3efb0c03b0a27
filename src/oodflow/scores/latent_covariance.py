"""Whether the latents of a group of images are independent and standard normal."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Latents, Statistic


class LatentCovariance(Score):
    r"""Distance of the latents of a group of images from independent standard normal ones, by their covariance.

    .. math:: s = \tfrac12 \bigl[\operatorname{tr} \Sigma + m^\top m - D - \log\det\Sigma\bigr]
              \quad\text{or}\quad
              s = \tfrac12 \bigl[{\textstyle\sum_i} \log \Sigma_{ii} - \log\det\Sigma\bigr]

    in nats: the Kullback–Leibler divergence of :math:`\mathcal N(m, \Sigma)` from the prior, or the total correlation,
    which is what of it is due to dependence, and blind to a shift. m is the mean and :math:`\Sigma` the covariance of M
    latents of D numbers, shrunk towards a multiple of the identity by Ledoit and Wolf, for M is far smaller than D.

    Attributes:
        group: M, images that are judged together, all in distribution or all out of it.
        by: ``divergence`` or ``correlation``.

    Reference:
        Zhang et al., 2022, "Kullback–Leibler divergence-based out-of-distribution detection with flow-based generative
        models", arXiv 2002.03328;
        Watanabe, 1960 (total correlation); Ledoit and Wolf, 2004, J. Multivariate Analysis 88 (shrinkage).

    Example:
        >>> from oodflow.testing.observations import example
        >>> LatentCovariance(group=8).score(example("test")).shape
        (4,)
    """

    kind: Literal["latent-covariance"] = "latent-covariance"
    unit: ClassVar[str] = "nats"
    shown: ClassVar = ({"group": 5}, {}, {"group": 25})
    group: int = Field(10, ge=3)  # of two the spread tells nothing of how far to shrink
    by: Literal["divergence", "correlation"] = "divergence"

    @property
    def group_size(self) -> int:
        """How many images it judges together."""
        return self.group

    def reads(self) -> tuple[Statistic, ...]:
        """Read the latents."""
        return (Latents(),)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the divergence or the correlation, [groups] in nats."""
        return np.array([self._of_group(z.astype(np.float64)) for z in seen[Latents()]], dtype=np.float64)

    def _of_group(self, z: Values) -> float:
        mean = z.mean(0)
        variances, log_det = shrunk_covariance(z - mean)
        if self.by == "correlation":
            return float(np.log(variances).sum() - log_det) / 2
        return float(variances.sum() + mean @ mean - z.shape[1] - log_det) / 2


def shrunk_covariance(centred: Values) -> tuple[Values, float]:
    r"""Tell the variances and the log-determinant of the covariance of M centred rows of D numbers, shrunk.

    .. math:: \Sigma = (1 - \lambda) S + \lambda \tfrac{\operatorname{tr} S}{D} I

    with the eigenvalues of :math:`S` from those of M × M products, so that D may be large.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    rows, dims = centred.shape
    shrinkage = ledoit_wolf_shrinkage(centred, assume_centered=True)
    variances = (centred**2).mean(0)
    floor = shrinkage * variances.mean() + np.finfo(np.float64).tiny
    eigenvalues = np.linalg.eigvalsh(centred @ centred.T / rows).clip(0)[-dims:]
    log_det = np.log((1 - shrinkage) * eigenvalues + floor).sum() + max(dims - rows, 0) * np.log(floor)
    return (1 - shrinkage) * variances + floor, float(log_det)
