"""What is asked about data: a flow, or anything that has a density."""

import copy
from functools import cached_property
from typing import Any, Protocol, cast

import torch
from torch import nn

from oodflow.flows import Flow
from oodflow.nets import folded, groupwise


class Density(Protocol):
    """A flow, a distribution of PyTorch, another library's flow: whatever gives a log-density of ``x [B, ...]``."""

    def log_prob(self, x: Any, /) -> Any:
        """Return the log-density of each row, ``[B]`` in nats."""


class InEval:
    """A model in eval mode, copied when it has to be: the caller's own is left as it is.

    Args:
        model: the caller's.
    """

    def __init__(self, model: Density | None) -> None:
        self._model: Any = model
        self._parts: nn.Module | None = self._model if isinstance(self._model, nn.Module) else None
        self.is_flow = isinstance(model, Flow)
        self._groupwise: dict[tuple[int, float], Flow] = {}

    @cached_property
    def whole(self) -> Any:
        """The model as it is, with all of its parameters: for statistics that take gradients. To be left as it is."""
        if self._parts is not None and any(part.training for part in self._parts.modules()):
            return copy.deepcopy(self._parts).eval()
        return self._model

    @cached_property
    def lean(self) -> Flow:
        """A flow folded for inference."""
        return folded(cast(Flow, self._model))

    def groupwise(self, group: int, share: float) -> Flow:
        """A flow whose batch norms normalise by the images of each group: see :func:`oodflow.nets.groupwise`."""
        if (group, share) not in self._groupwise:
            self._groupwise[group, share] = groupwise(cast(Flow, self._model), group, share)
        return self._groupwise[group, share]

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        if self.is_flow:
            return cast(Flow, self._model).device
        parameters = [] if self._parts is None else self._parts.parameters()
        return next((parameter.device for parameter in parameters), torch.device("cpu"))
