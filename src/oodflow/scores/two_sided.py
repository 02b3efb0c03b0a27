"""Too small a score as suspicious as too large a one."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from oodflow.data import DataSet
from oodflow.scores.parts import Part, held_out_halves, learn_parts, least_of_halves, require_single, values_of
from oodflow.scores.principal_components import PrincipalComponents
from oodflow.scores.ranks import ranks
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Density, Statistic


class TwoSided(Score):
    r"""How far out another score lies, on either side of those of held-out images.

    .. math:: s(x) = 2 \max\bigl(F(s'(x)),\ 1 - F(s'(x))\bigr) - 1

    with F the rank among them: about 0 in their middle, and the closer to 1 the farther out it is. What the
    typicality test does with the likelihood by a distance, this does with any score by ranks, whatever its unit and
    however lopsided it is.

    Attributes:
        of: the other score.

    Reference:
        Nalisnick, Matsukawa, Teh, Lakshminarayanan, 2019, arXiv 1906.02994 (the argument, for likelihoods).

    Example:
        >>> from oodflow.testing.observations import example
        >>> TwoSided(of="likelihood").fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["two-sided"] = "two-sided"
    unit: ClassVar[str] = "rank"
    learns: ClassVar[bool] = True
    of: Part = PrincipalComponents()

    @model_validator(mode="after")
    def _check(self) -> Self:
        require_single(self.of)
        return self

    @property
    def outside_model(self) -> bool:
        """Whether the other asks one."""
        return self.of.outside_model

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return least_of_halves([self.of])

    def reads(self) -> tuple[Statistic, ...]:
        """Read what the other reads."""
        return self.of.reads()

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse what the other refuses."""
        return self.of.why_not(model, data)

    def learn(self, seen: Seen) -> Learned:
        """Learn the other, and then how its values are distributed, sorted [N]."""
        first, second = held_out_halves(seen, [self.of])
        learned = learn_parts([self.of], first)
        (values,) = values_of([self.of], second, learned)
        return learned | {"sorted": np.sort(values)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the rank from the middle, [N], from 0 to 1."""
        (values,) = values_of([self.of], seen, learned)
        above, below = ranks(values, learned["sorted"]), ranks(-values, -learned["sorted"][::-1])
        return np.asarray(2 * np.maximum(above, below) - 1)
