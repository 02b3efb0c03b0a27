"""The log-probability where batch norms normalise by the images that are asked about."""

from typing import ClassVar, Literal

from pydantic import Field

from oodflow.data import DataSet
from oodflow.flows import Flow
from oodflow.gradients import inference
from oodflow.nets import has_batch_norm
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic


class BatchNormLogProb(Statistic):
    r"""Mean log-probability of a group of images whose own statistics the st-networks normalise by, in nats.

    .. math:: \frac1M \sum_m \log p_r(x_m, u_m \mid x_1, \dots, x_M)

    where each batch norm takes mean and variance of a batch of which the group is the share r, while the rest is as its
    running statistics say: :class:`~oodflow.nets.GroupwiseNorm`. At r = 1 that is the flow in train mode, the group
    its batch. Of several draws it is the mean.

    Attributes:
        group: M; groups are dealt by the observation's seed. At 1 it is a statistic of single images.
        share: r.

    Reference:
        Song, Song, Ermon, 2019, "Unsupervised out-of-distribution detection with batch normalization", arXiv 1910.09115
        (train mode); Schneider et al., 2020, "Improving robustness against common corruptions by covariate shift
        adaptation", arXiv 2006.16971 (statistics of few images together with those of the training).
    """

    kind: Literal["batch_norm_log_prob"] = "batch_norm_log_prob"
    quantity: ClassVar[str] = "log-probability in train mode"
    group: int = Field(10, ge=1)
    share: float = Field(1.0, gt=0, le=1)

    @property
    def group_size(self) -> int:
        """M."""
        return self.group

    def compute(self, batch: Batch) -> Array:
        """Compute the means, [groups] in nats."""
        flow = batch.groupwise(self.group, self.share)
        with inference():
            return numbers(flow.log_prob(batch.x, noise=batch.noise).cpu().reshape(-1, self.group).double().mean(1))

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse a flow without batch norm, however many images there are."""
        if not isinstance(model, Flow) or has_batch_norm(model):
            return super().why_not(model, data)
        return (
            "it takes a flow whose st-networks have batch norm, and this one has none: train one with flow.net=resnet, "
            "as the paper's RealNVP"
        )
