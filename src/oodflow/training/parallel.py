"""One step of training by several processes, each on its part of the batch."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from torch import nn
from torch.nn.parallel import DistributedDataParallel

from oodflow import ranks
from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.nets import statistics_across_ranks
from oodflow.training.objectives import Loss, Objective
from oodflow.training.streams import Batch

Evaluate = Callable[[Flow, Batch], Loss]
"""Evaluates a flow on a batch: an objective, or what takes its place where there are several processes."""


_SYNC = "forward_sync_buffers"
_OLDER = "broadcast_buffers"  # before PyTorch 2.13
_ALIKE: dict[str, Any] = {_SYNC if _SYNC in inspect.signature(DistributedDataParallel).parameters else _OLDER: False}
"""Buffers stay the same on all processes as it is."""


class Evaluation(nn.Module):
    """The objective of a flow as one module, so that what is hooked to it sees all of a step."""

    def __init__(self, flow: Flow, objective: Objective) -> None:
        super().__init__()
        self.flow, self.objective = flow, objective

    def forward(self, batch: Batch) -> Loss:
        """Evaluate the objective of the whole batch, of which each process has a part."""
        with ranks.one_batch(), statistics_across_ranks(self.flow):
            return self.objective(self.flow, batch)


def shared_by_ranks(flow: Flow, objective: Objective) -> Evaluate:
    r"""Return an objective that several processes evaluate together; alone it is the objective itself.

    Each process evaluates the flow on its part of the batch, and of that all know the log-probabilities of the whole,
    :math:`\ell_1, \dots, \ell_B`, so that the loss L is the same on all of them, as are batch norms' statistics. What

    .. math:: \frac{\partial L}{\partial \theta}
              = \sum_r \sum_{b \in r} \frac{\partial L}{\partial \ell_b} \frac{\partial \ell_b}{\partial \theta}

    adds up over processes r is exchanged while it is computed, by PyTorch's ``DistributedDataParallel``, which also
    gives all of them the weights that the first one has.
    """
    if ranks.count() == 1:
        return objective
    # A gradient of a 1x1 convolution has strides of its own, for which nothing has to be moved.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    together = DistributedDataParallel(Evaluation(flow, objective), **_ALIKE)

    def evaluate(flow: Flow, batch: Batch) -> Loss:
        loss: Loss = together(batch)
        return loss

    return evaluate


def require_even_shares(batch_size: int) -> None:
    """Refuse a batch that the processes can't have equal parts of.

    Raises:
        UsageError: naming the sizes next to it that they could have.
    """
    if over := batch_size % ranks.count():
        lower, higher = batch_size - over, batch_size - over + ranks.count()
        fitting = f"{lower} or {higher}" if lower else f"{higher}"
        raise UsageError(
            f"training.batch_size is {batch_size}, which {ranks.count()} processes can't share evenly: take {fitting}."
        )
