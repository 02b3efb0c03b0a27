"""The log-probability itself."""

from math import log
from typing import ClassVar, Literal

import numpy as np

from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.statistic import Array, Needs, Statistic


class LogProb(Statistic):
    r"""Log-probability of an image, or log-density of a vector, in nats.

    .. math:: \log p(x) \approx \log \frac1K \sum_{k=1}^{K} p(x, u_k)

    with :math:`u_k` the k-th dequantisation noise of the image: several draws are averaged in probability space.

    Reference:
        Theis, van den Oord, Bethge, 2016, arXiv 1511.01844, section 3.1 (uniform dequantisation).

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

    def compute(self, batch: Batch) -> Array:
        """Compute log p(x, u), [n] in nats."""
        return numbers(batch.log_prob)

    def combine(self, draws: Array) -> Array:
        """Average in probability space, ``[K, N]`` to ``[N]``."""
        total = np.full(draws.shape[1:], -np.inf)
        for drawn in draws:
            with np.errstate(invalid="ignore"):  # a NaN is reported with its place by whoever collects
                total = np.logaddexp(total, drawn)
        return np.asarray(total - log(len(draws)))
