"""The log-probability itself."""

from math import log
from typing import ClassVar, Literal

import numpy as np

from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.statistic import Array, Needs, Statistic


class LogProb(Statistic):
    r"""Log-probability of an image, or log-density of a vector, in nats.

    .. math:: \log p(x) \approx \log \frac1K \sum_{k=1}^{K} p(x, u_k), \qquad
              p(x, u) = \frac{p(v)}{256^D\, q(u \mid x)}

    with :math:`u_k \sim q` the k-th dequantisation of the image: several draws are averaged in probability space. That
    is importance sampling: a lower bound on average, which grows with :math:`K` up to the log-probability itself.

    Attributes:
        bound: average the logarithms instead, :math:`\frac1K \sum_k \log p(x, u_k)`, which estimates the bound of a
            single draw, by which flows are trained; it is never above the other average of the same draws.

    Reference:
        Theis, van den Oord, Bethge, 2016, arXiv 1511.01844, section 3.1 (uniform dequantisation); Burda, Grosse,
        Salakhutdinov, 2016, "Importance weighted autoencoders", theorem 1, arXiv 1509.00519; Hoogeboom, Cohen, Tomczak,
        2020, "Learning discrete distributions by dequantization", arXiv 2001.11235 (of dequantisations).

    Example:
        >>> from oodflow.data import ImageSet
        >>> from oodflow.flows import RealNVPConfig
        >>> from oodflow.statistics import Observation
        >>> flow = RealNVPConfig(scales=2, width=4).build((1, 8, 8))
        >>> images = ImageSet.from_array(np.zeros((5, 1, 8, 8), np.uint8))
        >>> Observation(flow, images, draws=3)[LogProb()].shape
        (5,)
    """

    kind: Literal["log_prob"] = "log_prob"
    needs: ClassVar[Needs] = "density"
    quantity: ClassVar[str] = "log-probability"
    bound: bool = False

    def compute(self, batch: Batch) -> Array:
        """Compute log p(x, u), [n] in nats."""
        return numbers(batch.log_prob)

    def add(self, total: Array, drawn: Array) -> Array:
        """Add up probabilities, unless the bound is asked for."""
        if self.bound:
            return super().add(total, drawn)
        with np.errstate(invalid="ignore"):  # a NaN is reported with its place by whoever collects
            return np.logaddexp(total, drawn)

    def average(self, total: Array, draws: int) -> Array:
        """Take the mean of the probabilities, as a logarithm."""
        return super().average(total, draws) if self.bound else total - log(draws)
