"""What a score is."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from oodflow.errors import OodflowError
from oodflow.scores.evidence import Evidence


class NotFittedError(OodflowError):
    """A score that needs reference data was used before ``fit``.

    Args:
        score: the score, for the message.

    Example:
        >>> from oodflow.scores import Typicality
        >>> raise NotFittedError(Typicality())
        Traceback (most recent call last):
            ...
        oodflow.scores.score.NotFittedError: Typicality is not fitted: call fit(reference) with the evidence of \
held-out in-distribution data first.
    """

    def __init__(self, score: "Score") -> None:
        super().__init__(
            f"{type(score).__name__} is not fitted: call fit(reference) with the evidence of held-out "
            "in-distribution data first."
        )


class Score(ABC):
    """A number for each image that is higher the more out of distribution the image is.

    The score of an image depends on that image's evidence and on what ``fit`` saw, never on its neighbours.
    """

    name: ClassVar[str]
    """What the registry, tables and files call it."""

    unit: ClassVar[str]
    """The unit of the values, such as ``"nats"``; differences between images have a meaning in it."""

    def fit(self, reference: Evidence) -> Self:
        """Learn what normal looks like; most scores have nothing to learn.

        Args:
            reference: evidence of held-out in-distribution data: neither training nor test data, and never OOD data.

        Returns:
            The score itself.
        """
        del reference
        return self

    @abstractmethod
    def score(self, evidence: Evidence) -> NDArray[np.float64]:
        """Score every image.

        Args:
            evidence: what one pass over the data set collected, for N images.

        Returns:
            float64 [N] in ``unit``, higher = more OOD.

        Raises:
            NotFittedError: the score learns from reference data and ``fit`` was not called.
        """
