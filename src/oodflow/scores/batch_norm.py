"""How unlikely images are where the st-networks normalise by these images, not by what they were trained on."""

from typing import ClassVar, Literal

from pydantic import Field

from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import BatchNormLogProb, LogProb, Statistic


class BatchNorm(Score):
    r"""Negative log-likelihood of a group of images with batch norms in train mode, or the fall to it from eval mode.

    .. math:: s(x_1, \dots, x_M) = -\frac1M \sum_m \log p_r(x_m \mid x_1, \dots, x_M)
              \quad\text{or}\quad
              s = \frac1M \sum_m \bigl[\log p(x_m) - \log p_r(x_m \mid x_1, \dots, x_M)\bigr]

    in nats. In :math:`p_r` each batch norm takes the mean and variance of a batch of which the images are the share r.
    For r = 1 that is the flow in train mode, the group its batch: of other data than it was trained on, its likelihood
    falls. For a single image it is the image in a batch of images in distribution. Those are not drawn: the running
    statistics of the training stand for them, as they are of a very large batch that the image does not change, so that
    the score is a function of the image alone.

    It judges the images of a group by each other, which must be of one kind, and depends on how many they are. The
    fall takes from it what makes simple images likely in both modes, but misses images that eval mode finds all but
    impossible: normalising by them can only make these likelier. The flow's running statistics stay as they are.

    Attributes:
        group: M, images that are judged together, all in distribution or all out of it; 1 for single images.
        share: r, above 0 and at most 1.
        of: the ``likelihood`` in train mode, or the ``fall`` to it.

    Reference:
        Song, Song, Ermon, 2019, "Unsupervised out-of-distribution detection with batch normalization", arXiv 1910.09115
        (groups, and single images among those of the training); Schneider et al., 2020, arXiv 2006.16971 (running
        statistics in place of the others).

    Example:
        >>> from oodflow.testing.observations import example
        >>> BatchNorm(group=8).score(example("test", "colour")).shape
        (4,)
    """

    kind: Literal["batch-norm"] = "batch-norm"
    unit: ClassVar[str] = "nats"
    shown: ClassVar = ({}, {"group": 1, "share": 0.5})
    group: int = Field(10, ge=1)
    share: float = Field(1.0, gt=0, le=1)
    of: Literal["likelihood", "fall"] = "likelihood"

    @property
    def group_size(self) -> int:
        """How many images it judges together."""
        return self.group

    @property
    def _in_train_mode(self) -> BatchNormLogProb:
        return BatchNormLogProb(group=self.group, share=self.share)

    def reads(self) -> tuple[Statistic, ...]:
        """Read the log-probability in train mode, and that in eval mode to tell the fall."""
        return (self._in_train_mode, *((LogProb(bound=True),) if self.of == "fall" else ()))

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the negative log-likelihood or its fall, [N] or [M] in nats."""
        surprise = -seen[self._in_train_mode]
        if self.of == "likelihood":
            return surprise
        usual = seen[LogProb(bound=True)]
        return surprise + (usual if self.group == 1 else usual.mean(1))
