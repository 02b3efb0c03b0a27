"""Looking at held-out data while training: the best weights are kept, and no improvement ends it."""

import math

import torch

from oodflow.data import ImageSet, RealSet
from oodflow.errors import NotFinite
from oodflow.flows import Flow
from oodflow.session.patience import NoImprovement, Patience
from oodflow.statistics import LogProb, Observation
from oodflow.training import StepReport, TrainState


class HeldOut:
    """A callback that measures the mean log-probability of held-out data every so often, averaged weights in eval mode.

    Args:
        data: never trained on.
        every: steps between looks; there is one more at the end.
        looks: how many in a row may bring nothing better; none: training goes to its end.

    Attributes:
        patience: counts them; its value is the mean log-probability, in nats.
        weights: of the flow when that was highest.
    """

    def __init__(self, data: ImageSet | RealSet, every: int, looks: int | None) -> None:
        self.data, self.every, self.patience = data, every, Patience(looks)
        self.weights = dict[str, torch.Tensor]()

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Look, when it is time.

        Raises:
            NoImprovement: when patience is at its end.
        """
        if report.step % self.every and report.step != report.steps:
            return
        with state.evaluating() as flow:
            if self.patience.see(mean_log_prob(flow, self.data), report.step):
                self.weights = {name: tensor.detach().clone() for name, tensor in flow.state_dict().items()}
        if self.patience.ended:
            raise NoImprovement


def mean_log_prob(flow: Flow, data: ImageSet | RealSet) -> float:
    """Average log-probability over data, with its evaluation noise, in nats; minus infinity if it overflows."""
    try:
        return float(Observation(flow, data)[LogProb()].mean())
    except NotFinite:
        return -math.inf
