"""Whether an image pulls on the flow's weights as others of its kind do."""

from typing import ClassVar, Literal

import numpy as np

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import GradientNorms as Norms
from oodflow.statistics import Statistic


class GradientNorms(Score):
    r"""Negative log-density of the norms of the gradients of all tensors of weights, each by a normal distribution.

    .. math:: s(x) = \sum_l \frac{(f_l(x) - \mu_l)^2}{2 \sigma_l^2}, \qquad
              f_l(x) = \log \bigl\| \nabla_{\theta_l} \log p(x) \bigr\|^2

    in nats, up to a constant, with :math:`\mu_l` and :math:`\sigma_l` of held-out images; a tensor whose norm is the
    same for all of them is left out. An image that the flow would have to change for, in places where it does not for
    others, is not of its kind, likely or not. A gradient for each image takes about three times as long as its
    likelihood.

    Reference:
        Dauncey, Holmes, Williams, Falck, 2024, arXiv 2403.01485, section 4.

    Example:
        >>> from oodflow.testing.observations import example
        >>> GradientNorms().fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["gradient-norms"] = "gradient-norms"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True

    def reads(self) -> tuple[Statistic, ...]:
        """Read the norms of the gradients."""
        return (Norms(),)

    def learn(self, seen: Seen) -> Learned:
        """Learn mean and inverse deviation of each, 0 for one that is constant."""
        norms = seen[Norms()]
        std = norms.std(0)
        return {"mean": norms.mean(0), "scale": np.divide(1, std, out=np.zeros_like(std), where=std > 1e-6)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return half the sum of squares of the standardised norms, [N] in nats."""
        standardised = (seen[Norms()] - learned["mean"]) * learned["scale"]
        return np.asarray((standardised**2).sum(1) / 2)
