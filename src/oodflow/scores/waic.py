"""What several flows think of an image, and how far they agree."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import field_validator

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LogProb, OtherLogProb, Statistic


class WAIC(Score):
    r"""Watanabe–Akaike information criterion of an ensemble, negated.

    .. math:: s(x) = -\Bigl[\operatorname{mean}_k \log p_k(x) - \operatorname{var}_k \log p_k(x)\Bigr]

    over the flow and others that were trained as it was from other seeds, with the unbiased variance. It is not free of
    units, for the variance goes with the square of the unit: here all is in nats, and other numbers than those of
    papers that count in bits are to be expected.

    Attributes:
        others: folders of runs, or files of weights, as ``runs/b+runs/c``.

    Reference:
        Choi, Jang, Alemi, 2018, arXiv 1810.01392, equation 1; Watanabe, 2010, JMLR 11.

    Example:
        >>> from oodflow.flows import save_flow
        >>> from oodflow.testing.observations import example, example_flow
        >>> file = getfixture("tmp_path") / "other.safetensors"
        >>> save_flow(file, example_flow("grey"))
        >>> WAIC(others=str(file)).score(example("test")).shape
        (32,)
    """

    kind: Literal["waic"] = "waic"
    unit: ClassVar[str] = "nats"
    others: str

    @field_validator("others")
    @classmethod
    def _check(cls, others: str) -> str:
        if not all(others.split("+")):
            raise ValueError("a name between the + is missing")
        return others

    def reads(self) -> tuple[Statistic, ...]:
        """Read all log-probabilities."""
        return LogProb(), *(OtherLogProb(flow=flow) for flow in self.others.split("+"))

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return −WAIC, [N] in nats."""
        each = np.stack([seen[statistic] for statistic in self.reads()])
        return np.asarray(each.var(0, ddof=1) - each.mean(0))
