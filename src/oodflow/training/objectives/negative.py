"""Negative training: likely data, and other data that shall not be."""

from typing import Literal

import torch

from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.training.objectives.objective import Loss, Objective, mean_bits
from oodflow.training.streams import DATA, Batch

OOD = "ood"


class NegativeTraining(Objective):
    r"""Maximise the likelihood of the training data, and push that of another set below a threshold :math:`c`.

    .. math:: -\frac1B \sum_{x \in \mathcal D} \log P(x)
              + \frac1{N} \sum_{x \in \mathcal D_\text{OOD}} \log P(x) \cdot I[\log P(x) > c],
              \qquad N = \sum_{x \in \mathcal D_\text{OOD}} I[\log P(x) > c],

    in nats an image, over a batch of each; the second sum is 0 where none is above :math:`c`. It is the paper's
    equation 6; the authors' code halves it while any image is above.

    Both halves go through the flow as one batch, as in the authors' code: batch norms then normalise with the
    statistics of the mixture in training, and with their running average in evaluation.

    Terms: ``bpd`` of the training data; ``ood_bpd`` and ``ood_log_prob`` of the other set, in bits/dim and nats an
    image; ``ood_above``, the share of it that is above the threshold.

    Attributes:
        data: the set whose likelihood is pushed down, by its part of the run's ``split``; its test part is asked about.
        threshold: :math:`c`, in nats an image. The paper has -100000 for 32x32 colour images and -30000 for 28x28 grey.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix D, equation 6, arXiv:2006.08545.
    """

    kind: Literal["negative"] = "negative"
    data: str | None = None
    threshold: float = -100_000.0

    @property
    def streams(self) -> dict[str, str]:
        """The other set."""
        if self.data is None:
            raise UsageError(
                "objective.data is missing: name the data set whose likelihood negative training is to push down, such "
                "as objective.data=celeba."
            )
        return {OOD: self.data}

    def __call__(self, flow: Flow, batch: Batch) -> Loss:
        """Evaluate the flow on both parts in one pass."""
        inside, outside = batch[DATA], batch[OOD]
        x, noise = (torch.cat(tensors) for tensors in zip(inside, outside, strict=True))
        log_prob, log_prob_ood = torch.split(flow.log_prob(x, noise=noise), [len(inside.x), len(outside.x)])
        above = log_prob_ood > self.threshold
        pushed = torch.where(above, log_prob_ood, 0.0).sum() / above.sum().clamp(min=1)
        terms = {
            "bpd": mean_bits(flow, log_prob),
            "ood_bpd": mean_bits(flow, log_prob_ood),
            "ood_log_prob": log_prob_ood.mean(),
            "ood_above": above.float().mean(),
        }
        return Loss(pushed - log_prob.mean(), terms)
