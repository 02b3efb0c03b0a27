"""Negative training: likely data, and other data that shall not be."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.nets import statistics_of_first
from oodflow.ranks import of_batch
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

    Both sets go through the flow as one batch, as in the authors' code, and batch norms then normalise with the
    statistics of the mixture in training, and with their running average in evaluation. Or they take statistics, those
    of the batch and the running ones, from the training data alone. The other set is then normalised with those of the
    batch of training data that it comes with: what evaluation, which has their average, will do with it on the whole.
    With the running ones in its place, a step could make the other set unlikely by the weights' scale, which batch
    statistics undo for the training data at once, and running ones for the other set a few steps later.

    Terms: ``bpd`` of the training data; ``ood_bpd`` and ``ood_log_prob`` of the other set, in bits/dim and nats an
    image; ``ood_above``, the share of it that is above the threshold.

    Attributes:
        data: the set whose likelihood is pushed down, by its part of the run's ``split``; its test part is asked about.
        threshold: :math:`c`, in nats an image. The paper has -100000 for 32x32 colour images and -30000 for 28x28 grey.
        halved: whether the loss is half of it all while any image is above the threshold, as in the authors' code.
        batch_norm: whose statistics batch norms have: those of ``both`` sets, as in the authors' code, or of the
            training ``data`` alone.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix D, equation 6, arXiv:2006.08545.
    """

    kind: Literal["negative"] = "negative"
    data: str | None = None
    threshold: float = -100_000.0
    halved: bool = False
    batch_norm: Literal["both", "data"] = "both"

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
        with self._statistics(flow, len(inside.x)):
            both = torch.split(flow(x, noise=noise), [len(inside.x), len(outside.x)])
        log_prob, log_prob_ood = map(of_batch, both)
        above = log_prob_ood > self.threshold
        pushed = torch.where(above, log_prob_ood, 0.0).sum() / above.sum().clamp(min=1)
        terms = {
            "bpd": mean_bits(flow, log_prob),
            "ood_bpd": mean_bits(flow, log_prob_ood),
            "ood_log_prob": log_prob_ood.mean(),
            "ood_above": above.float().mean(),
        }
        loss = pushed - log_prob.mean()
        return Loss(torch.where(above.any(), loss / 2, loss) if self.halved else loss, terms)

    def _statistics(self, flow: Flow, count: int) -> AbstractContextManager[None]:
        """Let batch norms see what they shall."""
        return statistics_of_first(flow, count) if self.batch_norm == "data" else nullcontext()
