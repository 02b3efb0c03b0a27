"""Looking at held-out data while training: the best weights are kept, and no improvement ends it."""

import math

import torch

from oodflow.data import ImageSet, RealSet
from oodflow.errors import OodflowError
from oodflow.flows import Flow
from oodflow.statistics import LogProb, Observation
from oodflow.training import StepReport, TrainState


class NoImprovement(Exception):
    """The held-out likelihood has not risen for as long as one had patience."""


class HeldOut:
    """A callback that measures the mean log-probability of held-out data every so often, averaged weights in eval mode.

    Args:
        data: never trained on.
        every: steps between looks; there is one more at the end.
        patience: how many looks in a row may bring nothing better; none: training goes to its end.

    Attributes:
        best: the highest mean log-probability, in nats.
        step: when that was; 0 before the first look.
        weights: of the flow, then.
    """

    def __init__(self, data: ImageSet | RealSet, every: int, patience: int | None) -> None:
        self.data, self.every, self.patience = data, every, patience
        self.best, self.step, self.weights = -math.inf, 0, dict[str, torch.Tensor]()
        self._looks = 0

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Look, when it is time.

        Raises:
            NoImprovement: when patience is at its end.
        """
        if report.step % self.every and report.step != report.steps:
            return
        self._looks += 1
        with state.evaluating() as flow:
            value = mean_log_prob(flow, self.data)
            if value > self.best or not self.weights:
                self.best, self.step, self._looks = value, report.step, 0
                self.weights = {name: tensor.detach().clone() for name, tensor in flow.state_dict().items()}
        if self.patience is not None and self._looks >= self.patience:
            raise NoImprovement


def mean_log_prob(flow: Flow, data: ImageSet | RealSet) -> float:
    """Average log-probability over data, with its evaluation noise, in nats; minus infinity if it overflows."""
    try:
        return float(Observation(flow, data)[LogProb()].mean())
    except OodflowError:
        return -math.inf
