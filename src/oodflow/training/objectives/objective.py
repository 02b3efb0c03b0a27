"""What every objective can do."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from oodflow.config import Component
from oodflow.flows import Flow
from oodflow.metrics import nats_per_image
from oodflow.training.streams import Batch


class Loss(NamedTuple):
    """What an objective gives for a batch.

    Attributes:
        value: a scalar, which training minimises.
        terms: scalars by name, which logs, progress and charts show; bits/dim of the training data is ``bpd``.
    """

    value: Tensor
    terms: Mapping[str, Tensor]


class Objective(Component):
    """Settings of what training minimises, called with a flow and a batch.

    It draws no random numbers: what is random in a step stands in its batch. Of several processes each has a part of
    the batch, and joins what it finds of its images with what the others find by :func:`oodflow.ranks.of_batch`, so
    that all come to the loss of the whole.
    """

    @property
    def streams(self) -> dict[str, str]:
        """Data sets that it trains on beside the training data: the name of the part -> the set's spec.

        Raises:
            UsageError: when a setting that names one is missing.
        """
        return {}

    @abstractmethod
    def __call__(self, flow: Flow, batch: Batch) -> Loss:
        """Evaluate the flow, in as many passes as it takes.

        Args:
            flow: in train mode.
            batch: the part ``data``, and one for each of :attr:`streams`.
        """


def mean_bits(flow: Flow, log_prob: Tensor) -> Tensor:
    """Return the bits/dim of a mean log-probability, or of the mean of several ``[B]``."""
    return log_prob.mean() / nats_per_image(1.0, flow.dims)
