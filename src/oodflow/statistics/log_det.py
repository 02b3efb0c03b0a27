"""The part of the log-probability that the change of volume has."""

from typing import ClassVar, Literal

from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.statistic import Array, Statistic


class LogDet(Statistic):
    r"""Log-absolute-determinant of the flow's Jacobian, in nats; of images, of the map from [0, 1] to latents.

    .. math:: \log|\det \partial f / \partial x|, \qquad \log p(x) = \log p_Z(z) + \log|\det| + \text{constant}
    """

    kind: Literal["log_det"] = "log_det"
    quantity: ClassVar[str] = "log-determinant"

    def compute(self, batch: Batch) -> Array:
        """Compute it, [n]."""
        return numbers(batch.terms.log_det)
