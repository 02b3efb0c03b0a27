"""What a flow knows beyond another one that knows less."""

from typing import ClassVar, Literal

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LogProb, OtherLogProb, Statistic


class LikelihoodRatio(Score):
    r"""Negative log-likelihood ratio between the flow and a background flow.

    .. math:: s(x) = -\bigl[\log p(x) - \log p_\text{background}(x)\bigr]

    in nats. What both flows know, such as that neighbouring pixels are alike and that large plain areas are common,
    cancels. The background is a flow that sees but a small neighbourhood (recipes ``local-*``), one that was trained on
    mutated images (recipes ``background-*``), or one of images in general.

    Attributes:
        background: a run's folder, or a file of weights.

    Reference:
        Ren et al., 2019, arXiv 1906.02845, section 3 (mutated images); Zhang, Zhang, McDonagh, 2021, arXiv 2109.02639
        (a local model); Schirrmeister, Zhou, Ball, Zhang, 2020, arXiv 2006.10848 (images in general).

    Example:
        >>> from oodflow.flows import save_flow
        >>> from oodflow.testing.observations import example, example_flow
        >>> file = getfixture("tmp_path") / "background.safetensors"
        >>> save_flow(file, example_flow("grey"))
        >>> bool((LikelihoodRatio(background=str(file)).score(example("test")) == 0).all())  # of a flow to itself
        True
    """

    kind: Literal["likelihood-ratio"] = "likelihood-ratio"
    unit: ClassVar[str] = "nats"
    background: str

    def reads(self) -> tuple[Statistic, ...]:
        """Read both log-probabilities."""
        return LogProb(), OtherLogProb(flow=self.background)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the negative log-ratio, [N] in nats."""
        return seen[OtherLogProb(flow=self.background)] - seen[LogProb()]
