"""The part of the likelihood that the latents have, without the change of volume."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from oodflow.data import DataSet
from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Density, LogProbZ, Statistic


class LatentLikelihood(Score):
    r"""Negative log-density of the latents under the prior, of all or of those that leave after one scale.

    .. math:: s(x) = -\log p_Z(z) \quad\text{or}\quad -\log p_Z(z_i), \qquad z = f(x)

    in nats: what is left of the likelihood when the log-determinant is left out, which is what simple images have more
    of. Of a multi-scale flow the last latents are those that have passed all couplings.

    Attributes:
        scale: i, counted from 1, or from the end where it is negative; none: all latents.

    Reference:
        Kirichenko, Izmailov, Wilson, 2020, arXiv 2006.08545, section 4 (the two terms); Schirrmeister, Zhou, Ball,
        Zhang, 2020, arXiv 2006.10848 (the last scale).

    Example:
        >>> from oodflow.testing.observations import example
        >>> LatentLikelihood(scale=-1).score(example("test")).shape
        (32,)
    """

    kind: Literal["latent-likelihood"] = "latent-likelihood"
    unit: ClassVar[str] = "nats"
    shown: ClassVar[tuple[Mapping[str, Any], ...]] = ({}, {"scale": -1})
    scale: int | None = None

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-density of the latents, by scale where one is asked for."""
        return (LogProbZ(by_scale=self.scale is not None),)

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse a scale that the flow has not got."""
        if reason := super().why_not(model, data):
            return reason
        scales = len(model.bijection.latent_shapes(model.shape)) if isinstance(model, Flow) else 1
        return self._no_such(scales)

    def _no_such(self, scales: int) -> str | None:
        """Say that the flow has no such scale; none: it has."""
        if self.scale is None or 1 <= abs(self.scale) <= scales:
            return None
        have = "scale" if scales == 1 else "scales"
        return f"the flow has {scales} {have}, and scale is {self.scale}: count from 1, or from −1 for the last"

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return −log p(z), [N] in nats.

        Raises:
            UsageError: the flow has no such scale.
        """
        if self.scale is None:
            return -seen[LogProbZ()]
        if reason := self._no_such(seen[LogProbZ(by_scale=True)].shape[1]):
            raise UsageError(f"the score {self.name} can't be computed: {reason}.")
        index = self.scale - 1 if self.scale > 0 else self.scale
        return -seen[LogProbZ(by_scale=True)][:, index]
