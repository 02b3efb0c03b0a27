"""Whether a group of images is distributed as held-out ones are, looked at from random directions."""

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Latents, Pixels, Statistic

DIRECTIONS = 50


class Projections(Score):
    r"""Mean Kolmogorov–Smirnov distance of a group from held-out images over random directions.

    .. math:: s = \frac1J \sum_{j=1}^{J} \sup_t \bigl| F_j(t) - \hat F_j(t) \bigr|

    with :math:`F_j` and :math:`\hat F_j` the empirical distribution functions of :math:`w_j^\top z` over the group and
    over the held-out images, for J = 50 directions :math:`w_j`, always the same.

    Attributes:
        group: images that are judged together, all in distribution or all out of it.
        of: the ``latents``, or the ``pixels``, which takes no flow and is the baseline.

    Reference:
        Jiang, Sun, Yu, 2022, "Revisiting flow generative models for out-of-distribution detection", ICLR (the
        two-sample test, GOD2KS); Massey, 1951, JASA 46 (the distance).

    Example:
        >>> from oodflow.testing.observations import example
        >>> Projections(group=8).fit(example("reference")).score(example("test")).shape
        (4,)
    """

    kind: Literal["projections"] = "projections"
    unit: ClassVar[str] = "distance"
    learns: ClassVar[bool] = True
    shown: ClassVar = tuple({"group": group, "of": of} for of in ("latents", "pixels") for group in (2, 5, 10, 25))
    group: int = Field(10, ge=2)
    of: Literal["latents", "pixels"] = "latents"

    @property
    def group_size(self) -> int:
        """How many images it judges together."""
        return self.group

    @property
    def _statistic(self) -> Statistic:
        return Latents() if self.of == "latents" else Pixels()

    def reads(self) -> tuple[Statistic, ...]:
        """Read the latents, or the pixels."""
        return (self._statistic,)

    def learn(self, seen: Seen) -> Learned:
        """Draw the directions, and learn how held-out images lie along them: [D, J], and sorted [J, N]."""
        values = seen[self._statistic].astype(np.float64)
        directions = np.random.default_rng(0).normal(size=(values.shape[1], DIRECTIONS))
        directions /= np.linalg.norm(directions, axis=0)
        return {"directions": directions, "sorted": np.sort((values @ directions).T, axis=1)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the mean distance, [groups]."""
        groups = seen[self._statistic]
        along = np.stack([group.astype(np.float64) @ learned["directions"] for group in groups])
        pairs = zip(np.moveaxis(along, 2, 0), learned["sorted"], strict=True)
        return np.asarray(np.mean([kolmogorov_smirnov(group, reference) for group, reference in pairs], axis=0))


def kolmogorov_smirnov(groups: Any, reference: Any) -> Any:
    """Compute the distance of each row of ``groups [G, M]`` from a sorted reference ``[N]``: ``[G]``.

    Example:
        >>> kolmogorov_smirnov(np.array([[0.0, 1.0], [2.0, 9.0]]), np.array([1.0, 2.0, 3.0]))
        array([0.66666667, 0.5       ])
    """
    groups = np.sort(groups, axis=1)
    size = groups.shape[1]
    up_to, below = (np.searchsorted(reference, groups, side=side) / len(reference) for side in ("right", "left"))
    # Just below its i-th number a group has i / M of its numbers, at it (i + 1) / M; ties take the widest of them.
    above = np.array([np.searchsorted(row, row, side="right") for row in groups]) / size
    before = np.array([np.searchsorted(row, row, side="left") for row in groups]) / size
    return np.maximum(np.abs(above - up_to), np.abs(below - before)).max(1)
