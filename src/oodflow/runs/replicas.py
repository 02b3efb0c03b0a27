"""Results of one configuration with several seeds of training, taken together."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from oodflow.runs.config import RunConfig

T = TypeVar("T")


def by_seed(results: Sequence[T], seed: Callable[[T], int | None], rest: Callable[[T], Hashable]) -> list[list[T]]:
    """Put results together that differ in their seed alone, in the order in which the first of each comes.

    A seed that comes twice starts a group of its own, and so does a result without one.

    Args:
        results: to group.
        seed: of a result; none: it is not known.
        rest: all else of it that makes it what it is.

    Returns:
        Groups, each from the lowest seed.

    Example:
        >>> by_seed(["a1", "b0", "a0", "a1"], seed=lambda name: int(name[1]), rest=lambda name: name[0])
        [['a0', 'a1'], ['b0'], ['a1']]
    """
    groups: list[list[T]] = []
    for one in results:
        same = (group for group in groups if rest(group[0]) == rest(one))
        free = (group for group in same if seed(one) is not None and not {None, seed(one)} & {*map(seed, group)})
        group = next(free, None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return [sorted(group, key=lambda one: seed(one) or 0) for group in groups]


def without_seed(config: RunConfig) -> str:
    """Write down a configuration but for the seed of its training."""
    training = config.training and config.training.model_copy(update={"seed": 0})
    return config.model_copy(update={"training": training}).model_dump_json()
