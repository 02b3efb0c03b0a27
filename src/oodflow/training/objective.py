"""What training minimises."""

from collections.abc import Callable

from torch import Tensor

from oodflow.flows import Flow

Objective = Callable[[Flow, Tensor, Tensor], Tensor]
"""Maps (flow, images uint8 ``[B, C, H, W]``, noise ``[B, C, H, W]``) to a scalar loss."""


def negative_log_likelihood(flow: Flow, images: Tensor, noise: Tensor) -> Tensor:
    r"""Mean negative log-probability, :math:`-\tfrac1B \sum_b \log P(x_b)`, in nats an image.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), equation 1, arXiv:2006.08545.
    """
    return -flow.log_prob(images, noise=noise).mean()
