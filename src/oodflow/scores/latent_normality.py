"""Whether the latents look like noise: those of an image that the flow knows do."""

from typing import ClassVar, Literal

import numpy as np

from oodflow.scores.ranks import ranks
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import LatentNormality as Tests
from oodflow.statistics import Statistic


class LatentNormality(Score):
    r"""How far the latents of an image are from white noise, beside those of held-out images.

    .. math:: s(x) = \max\bigl(F_A(A^2(x)),\ F_V(V(x))\bigr)

    with :math:`F` the ranks among held-out images of Anderson and Darling's statistic and of the coefficient of
    variation of the power spectrum; beyond all of them they go on growing, by how far. Structure that a flow leaves in
    its latents is what it has not learned.

    Reference:
        Bomatter, Geary, Gouk, 2026, arXiv 2605.22496.

    Example:
        >>> from oodflow.testing.observations import example
        >>> LatentNormality().fit(example("reference")).score(example("test")).max() <= 1
        np.True_
    """

    kind: Literal["latent-normality"] = "latent-normality"
    unit: ClassVar[str] = "rank"
    learns: ClassVar[bool] = True

    def reads(self) -> tuple[Statistic, ...]:
        """Read the two tests."""
        return (Tests(),)

    def learn(self, seen: Seen) -> Learned:
        """Learn how the tests come out of held-out data, sorted [N, 2]."""
        return {"sorted": np.sort(seen[Tests()], axis=0)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the larger of the two ranks, [N], from 0 to 1."""
        tests, reference = seen[Tests()], learned["sorted"]
        return np.maximum(*(ranks(tests[:, i], reference[:, i]) for i in range(2)))
