"""What an explanation is made of: a flow, two sets of images, and what was measured on them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oodflow.explanation.measure import Measurement
from oodflow.explanation.record import Explanation
from oodflow.flows import Flow
from oodflow.runs.provenance import DataFacts

Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two sets.

    Attributes:
        facts: which images were measured.
        indices: places in the set of those to show.
        shown: these, uint8 ``[n, C, H, W]``.
        images: those that were measured, uint8 ``[N, C, H, W]``.
        measured: what was measured on them.
    """

    facts: DataFacts
    indices: tuple[int, ...]
    shown: Images
    images: Images
    measured: Measurement


@dataclass(frozen=True, eq=False)
class Subject:
    """What the figures are drawn from.

    Attributes:
        explanation: the quantities.
        flow: the flow.
        sides: the in-distribution set and the other.
    """

    explanation: Explanation
    flow: Flow
    sides: tuple[Side, Side]

    @property
    def name(self) -> str:
        """Of the flow."""
        return self.explanation.subject

    @property
    def names(self) -> tuple[str, str]:
        """Of the in-distribution set and the other."""
        return self.explanation.inside.name, self.explanation.outside.name

    @property
    def shown(self) -> Mapping[str, Images]:
        """Images to show, by set."""
        return {side.facts.name: side.shown for side in self.sides}

    @property
    def seed(self) -> int:
        """Of everything drawn."""
        return self.explanation.options.seed

    @property
    def draws(self) -> int:
        """Dequantisations of the mean latents."""
        return self.explanation.options.draws
