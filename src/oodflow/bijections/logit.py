"""From pixels in [0, 1] to the real line."""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from oodflow.bijections.bijection import Bijection, sum_over_event
from oodflow.errors import UsageError


class Logit(Bijection):
    r"""Contract :math:`[0, 1]` to :math:`[\alpha, 1 - \alpha]`, then take the logit.

    .. math:: p = \alpha + (1 - 2\alpha)\, x, \qquad z = \log p - \log(1 - p)

    .. math:: \log|\det| = \sum \bigl[\operatorname{softplus}(z) + \operatorname{softplus}(-z) + \log(1 - 2\alpha)\bigr]

    The contraction keeps :math:`z` finite at black and white. The inverse undoes both steps, so values of ``z`` that
    no pixel has come back a little outside :math:`[0, 1]`.

    Args:
        alpha: :math:`\alpha`, in [0, 0.5).

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 4.1, arXiv:1605.08803.
    """

    def __init__(self, alpha: float = 0.05) -> None:
        super().__init__()
        if not 0 <= alpha < 0.5:
            raise UsageError(f"alpha must lie in [0, 0.5) but is {alpha}: the paper uses 0.05.")
        self.alpha = alpha

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map pixels ``x`` in [0, 1] to logits."""
        p = self.alpha + (1 - 2 * self.alpha) * x
        z = torch.log(p) - torch.log1p(-p)
        return z, self._log_det(z)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Map logits to pixels."""
        x = (torch.sigmoid(z) - self.alpha) / (1 - 2 * self.alpha)
        return x, -self._log_det(z)

    def _log_det(self, z: Tensor) -> Tensor:
        return sum_over_event(softplus(z) + softplus(-z) + math.log(1 - 2 * self.alpha))

    def extra_repr(self) -> str:
        """Show alpha."""
        return f"alpha={self.alpha}"
