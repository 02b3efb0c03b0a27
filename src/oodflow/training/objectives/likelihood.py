"""Maximum likelihood."""

from typing import Literal

from oodflow.flows import Flow
from oodflow.ranks import of_batch
from oodflow.training.objectives.objective import Loss, Objective, mean_bits
from oodflow.training.streams import DATA, Batch


class MaximumLikelihood(Objective):
    r"""Mean negative log-probability, :math:`-\tfrac1B \sum_b \log P(x_b)`, in nats an image.

    Terms: ``bpd``, the same in bits/dim.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), equation 1, arXiv:2006.08545.
    """

    kind: Literal["likelihood"] = "likelihood"

    def __call__(self, flow: Flow, batch: Batch) -> Loss:
        """Evaluate the flow on the training data."""
        x, noise = batch[DATA]
        log_prob = of_batch(flow(x, noise=noise))
        return Loss(-log_prob.mean(), {"bpd": mean_bits(flow, log_prob)})
