"""Scores that are made of other scores."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, PlainSerializer, field_validator

from oodflow.data import DataSet
from oodflow.errors import UsageError
from oodflow.scores.named import AnyScore, named_score
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Density, Statistic


def _parse_one(value: Any) -> Any:
    return named_score(value.replace(",", "&")) if isinstance(value, str) else value


def _parse(value: Any) -> Any:
    """Take scores apart that are written as ``complexity+latent-likelihood?scale=-1``, with ``,`` in place of ``&``."""
    if isinstance(value, str):
        value = value.split("+")
    return tuple(map(_parse_one, value)) if isinstance(value, Sequence) else value


def _write_one(part: Score) -> str:
    return part.name.replace("&", ",")


def _write(parts: Sequence[Score]) -> str:
    return "+".join(map(_write_one, parts))


Part = Annotated[AnyScore, BeforeValidator(_parse_one), PlainSerializer(_write_one)]
"""A score of single images; its name stands for it."""

Parts = Annotated[tuple[AnyScore, ...], BeforeValidator(_parse), PlainSerializer(_write)]
"""Several scores of single images; a text such as ``complexity+latent-likelihood?scale=-1`` stands for them."""


class OfParts(Score):
    """A score that is made of others.

    Attributes:
        of: the others.
    """

    learns: ClassVar[bool] = True
    of: Parts

    @field_validator("of")
    @classmethod
    def _check(cls, parts: tuple[Score, ...]) -> tuple[Score, ...]:
        for part in parts:
            require_single(part)
        return parts

    @property
    def outside_model(self) -> bool:
        """Whether a part asks one."""
        return any(part.outside_model for part in self.of)

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return least_of_halves(self.of)

    def reads(self) -> tuple[Statistic, ...]:
        """Read what its parts read."""
        return tuple(dict.fromkeys(statistic for part in self.of for statistic in part.reads()))

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse what a part refuses."""
        reasons = ((part.name, part.why_not(model, data)) for part in self.of)
        return next((f"of {name}, {reason}" for name, reason in reasons if reason), None)


def require_single(part: Score) -> None:
    """Refuse a part that judges groups, or is made of several itself, with a ``ValueError`` for pydantic."""
    if part.group_size > 1:
        raise ValueError(f"{part.name} judges groups: combine scores of single images")
    if isinstance(part, OfParts):
        raise ValueError(f"{part.name} is made of other scores itself: name those")


def learn_parts(parts: Sequence[Score], seen: Seen) -> dict[str, Values]:
    """Let each part learn; the names of what it has learned begin with its place, as ``0.entropy``."""
    return {
        f"{place}.{name}": values
        for place, part in enumerate(parts) if part.learns
        for name, values in part.learn(seen).items()
    }  # fmt: skip


def values_of(parts: Sequence[Score], seen: Seen, learned: Learned) -> list[Values]:
    """Compute each part's values with what it has learned."""
    return [part.values(seen, _own(learned, place)) for place, part in enumerate(parts)]


def _own(learned: Mapping[str, Values], place: int) -> Learned:
    mark = f"{place}."
    return {name.removeprefix(mark): values for name, values in learned.items() if name.startswith(mark)}


def held_out_halves(seen: Seen, parts: Sequence[Score]) -> tuple[Seen, Seen]:
    """Split the reference: what the parts learn from, and what is learned of the parts.

    Where a part learns, its values of the images that it has learned from are not those of images that it has not:
    each second image is for the one, the others for the other. Where none does, all images are for both.

    Raises:
        UsageError: there are fewer than two images.
    """
    if min(map(len, seen.values()), default=0) < 2:
        raise UsageError("the reference has fewer than two images: fit on more.")
    if not any(part.learns for part in parts):
        return seen, seen
    first, second = ({statistic: values[start::2] for statistic, values in seen.items()} for start in (0, 1))
    return first, second


def least_of_halves(parts: Sequence[Score]) -> int:
    """Tell of how many images the halves of :func:`held_out_halves` are enough.

    Example:
        >>> from oodflow.scores import Likelihood, PrincipalComponents
        >>> least_of_halves([Likelihood()]), least_of_halves([Likelihood(), PrincipalComponents()])
        (2, 3)
    """
    return max([2, *(2 * part.least - 1 for part in parts if part.learns)])
