"""Whether neighbouring latents still look alike."""

from typing import ClassVar, Literal

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LatentNeighbours as Correlation
from oodflow.statistics import Statistic


class LatentNeighbours(Score):
    r"""Correlation of neighbouring latents.

    .. math:: s(x) = \rho(x)

    The latent images of the paper show it: those of other data keep the outlines of what is in the image.

    Reference:
        Kirichenko, Izmailov, Wilson, 2020, arXiv 2006.08545, figure 2 (latents that show the image); Zhang et al.,
        2022, arXiv 2002.03328 (dependence between the latents of neighbouring pixels).

    Example:
        >>> from oodflow.testing.observations import example
        >>> LatentNeighbours().score(example("test")).shape
        (32,)
    """

    kind: Literal["latent-neighbours"] = "latent-neighbours"
    unit: ClassVar[str] = "correlation"

    def reads(self) -> tuple[Statistic, ...]:
        """Read the correlation."""
        return (Correlation(),)

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the correlation, [N]."""
        return +seen[Correlation()]
