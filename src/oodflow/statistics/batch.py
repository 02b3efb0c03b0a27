"""Some images under a model: what a statistic is computed from."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oodflow.errors import UsageError
from oodflow.flows import Flow, Terms, image_noise
from oodflow.gradients import inference
from oodflow.statistics.cost import Cost, Made, timed
from oodflow.statistics.model import InEval


class Batch:
    """Some images, or vectors, and a model to ask about them; what several statistics need is computed once.

    Attributes:
        data: uint8 ``[n, C, H, W]``, or float ``[n, D]``; for statistics of groups whole groups, one after the other.
        seed: of the noise.
        draw: which of several draws of the noise.
    """

    def __init__(self, model: InEval, data: NDArray[Any], *, seed: int = 0, draw: int = 0) -> None:
        self._model, self.data, self.seed, self.draw = model, data, seed, draw
        self._pass_seconds, self._asked = 0.0, False

    def __len__(self) -> int:
        return len(self.data)

    @property
    def model(self) -> Any:
        """The model in eval mode with all of its parameters; to be left as it is."""
        return self._model.whole

    @property
    def lean(self) -> Flow:
        """A flow folded for inference: the same function, faster, with other parameters."""
        return self._model.lean

    def groupwise(self, group: int, share: float) -> Flow:
        """A flow whose batch norms normalise by the images of each group, which lie one after the other here."""
        return self._model.groupwise(group, share)

    @cached_property
    def x(self) -> Tensor:
        """The data, on the model's device."""
        return torch.from_numpy(self.data).to(self._model.device)

    @cached_property
    def noise(self) -> Tensor | None:
        """Dequantisation noise, a function of (seed, draw, the image); none where there is nothing to dequantise."""
        if self.data.dtype != np.uint8:
            return None
        return torch.from_numpy(image_noise(self.data, self.seed, self.draw)).to(self._model.device)

    @property
    def terms(self) -> Terms:
        """What a flow's log-probability is the sum of, with the latents: from one pass, without gradients."""
        self._asked = True
        return self._terms

    @cached_property
    def _terms(self) -> Terms:
        def compute() -> Terms:
            with inference():
                return self._model.lean.terms(self.x, noise=self.noise)

        terms, self._pass_seconds = timed(compute)
        return terms

    def timed(self, compute: Callable[["Batch"], Made]) -> tuple[Made, Cost]:
        """Compute something of this batch, and tell what it cost, the shared pass apart."""
        self._asked, before = False, self._pass_seconds
        made, seconds = timed(lambda: compute(self))
        own = seconds - (self._pass_seconds - before)
        return made, Cost(own, self._pass_seconds if self._asked else 0.0)

    @cached_property
    def log_prob(self) -> Tensor:
        """The log-probability under any model, ``[n]`` in nats, without gradients.

        Raises:
            UsageError: when the model gives something else than a number for each.
        """
        if self._model.is_flow:
            return self.terms.log_prob
        with inference():
            values: Tensor = self.model.log_prob(self._model.cast(self.x))
        if tuple(values.shape) != (len(self),):
            asked = type(getattr(self.model, "of", self.model)).__name__
            raise UsageError(
                f"log_prob of a {asked} gives {list(values.shape)} for {len(self)} rows of shape "
                f"{list(self.data.shape[1:])}: expected [{len(self)}], one number each; a distribution over each "
                "number becomes one over rows as torch.distributions.Independent(distribution, 1)."
            )
        return values


def numbers(values: Tensor) -> NDArray[np.float64]:
    """Bring what a model computed to NumPy, as float64."""
    return values.cpu().double().numpy()  # some GPUs have no float64
