"""Exponential moving average of the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from oodflow.flows import Flow


class MovingAverage:
    r"""Average of a flow's weights and batch statistics over training.

    .. math:: \bar\theta \leftarrow d\,\bar\theta + (1 - d)\,\theta, \qquad d = \min(\text{decay}, (1 + n)/(10 + n))

    at update :math:`n`, so that the first steps do not linger.

    Args:
        flow: whose state to average.
        decay: the limit of :math:`d`.

    Reference:
        Polyak, Juditsky (1992), "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self, flow: Flow, decay: float) -> None:
        self.decay = decay
        self.tensors = {name: tensor.detach().clone() for name, tensor in flow.state_dict().items()}

    @torch.no_grad()
    def update(self, flow: Flow, step: int, good: Tensor) -> None:
        """Take in the weights after ``step``, if ``good``, a boolean scalar, is true."""
        decay = min(self.decay, (1 + step) / (10 + step))
        averages: list[Tensor] = []
        values: list[Tensor] = []
        for name, tensor in flow.state_dict().items():
            if tensor.is_floating_point():
                averages.append(self.tensors[name])
                values.append(tensor)
            else:
                self.tensors[name].copy_(tensor)  # counters and flags have no average
        differences = torch._foreach_sub(values, averages)
        torch._foreach_mul_(differences, (1 - decay) * good)
        torch._foreach_add_(averages, differences)

    @contextmanager
    def swapped_into(self, flow: Flow) -> Iterator[None]:
        """Lend the averages to ``flow`` for the length of the block."""
        own = {name: tensor.detach().clone() for name, tensor in flow.state_dict().items()}
        try:
            flow.load_state_dict(self.tensors)
            yield
        finally:
            flow.load_state_dict(own)
