"""Too likely is as suspicious as too unlikely: how far an image's likelihood is from the usual one."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LogProb, Statistic


class Typicality(Score):
    r"""Distance of the negative log-likelihood from its mean on in-distribution data, for images or groups of them.

    .. math:: s(x_1, \dots, x_M) = \Bigl| \frac1M \sum_m -\log p(x_m) - \hat H \Bigr|, \qquad
              \hat H = \frac1N \sum_n -\log p(x_n)

    in nats, with the second sum over the reference.

    :math:`\hat H` has to come from held-out data: a flow that over-fits gives its training data a smaller mean. The
    test is blind where the likelihoods of both data sets overlap, the less so the larger the groups; these must be of
    one kind, all in distribution or all out of it.

    Attributes:
        group: M, images that are judged together.

    Reference:
        Nalisnick, Matsukawa, Teh, Lakshminarayanan, 2019, arXiv 1906.02994, section 3.

    Example:
        >>> from oodflow.testing.observations import example
        >>> fitted = Typicality(group=5).fit(example("reference"))
        >>> fitted.score(example("test")).shape, len(example("test"))
        ((6,), 32)
    """

    kind: Literal["typicality"] = "typicality"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True
    shown: ClassVar = ({}, {"group": 2}, {"group": 5}, {"group": 10}, {"group": 25})
    group: int = Field(1, ge=1)

    @property
    def group_size(self) -> int:
        """How many images it judges together."""
        return self.group

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-probability."""
        return (LogProb(),)

    def learn(self, seen: Seen) -> Learned:
        """Estimate the flow's entropy Ĥ as the mean of −log p on held-out in-distribution data."""
        return {"entropy": np.array(-np.mean(seen[LogProb()]))}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return ``|mean −log p − Ĥ|``, [N] or [M] in nats."""
        surprise = -seen[LogProb()]
        return np.abs((surprise if self.group == 1 else surprise.mean(1)) - learned["entropy"])
