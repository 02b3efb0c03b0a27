"""How long one looks for something better."""

import math


class NoImprovement(Exception):
    """Nothing better has come for as long as one had patience."""


class Patience:
    """Counts the looks in a row that brought nothing better than the best before them.

    Args:
        looks: how many may; none: any number.

    Attributes:
        best: the highest value so far.
        step: when that was; 0 before the first look.

    Example:
        >>> patience = Patience(2)
        >>> [patience.see(value, step) for step, value in enumerate([3.0, 4.0, 4.0, 2.0], 1)]
        [True, True, False, False]
        >>> patience.best, patience.step, patience.ended
        (4.0, 2, True)
    """

    def __init__(self, looks: int | None) -> None:
        self.looks, self.best, self.step = looks, -math.inf, 0
        self._in_vain = 0

    def see(self, value: float, step: int) -> bool:
        """Count a look after a step, from 1, and tell whether it is the best so far, as the first one always is."""
        better = value > self.best or not self.step
        if better:
            self.best, self.step = value, step
        self._in_vain = 0 if better else self._in_vain + 1
        return better

    @property
    def ended(self) -> bool:
        """Whether patience is at its end."""
        return self.looks is not None and self._in_vain >= self.looks
